//! What callers may do, what they are shown, and how a refusal is told.

macro_rules! settings_of_decisions {
    () => {
        /// What clients are told to ask for when they first come, in the 401 and the metadata. The
        /// default is everything that any tool requires; with less, a client comes back for more when
        /// it needs it (step-up; MCP §Scope Selection Strategy).
        ///
        /// ```
        /// use mcp_authz::Server;
        ///
        /// // The consent page asks for one thing; whoever wants to send is asked again.
        /// let builder = Server::builder("mail").initial_scopes(["mail:read"]);
        /// ```
        pub fn initial_scopes<S: Into<String>>(
            mut self,
            scopes: impl IntoIterator<Item = S>,
        ) -> Self {
            self.settings.initial_scopes = Some(scopes.into_iter().map(Into::into).collect());
            self
        }

        /// Lists every scope in the metadata's `scopes_supported`, though clients are told to start
        /// with the [initial scopes](Self::initial_scopes).
        ///
        /// ```
        /// use mcp_authz::Server;
        ///
        /// // Asked for at first: to read. Written down for whoever wants to know: all that there is.
        /// let builder = Server::builder("mail")
        ///     .initial_scopes(["mail:read"])
        ///     .advertise_all_scopes();
        /// ```
        pub fn advertise_all_scopes(mut self) -> Self {
            self.settings.advertise_all_scopes = true;
            self
        }

        /// Which scopes include others; decisions, lists and challenges all follow it.
        ///
        /// ```
        /// use mcp_authz::{Hierarchy, Server};
        ///
        /// let includes = Hierarchy::new().includes("mail:write", ["mail:read"]);
        /// let builder = Server::builder("mail").hierarchy(includes);
        /// ```
        pub fn hierarchy(mut self, hierarchy: crate::scope::Hierarchy) -> Self {
            self.settings.hierarchy = hierarchy;
            self
        }

        /// Which scopes a refusal asks for; change it for clients that forget what they had.
        ///
        /// ```
        /// use mcp_authz::{ChallengeScopes, Server};
        ///
        /// let builder = Server::builder("mail").challenge_scopes(ChallengeScopes::RequiredAndGranted);
        /// ```
        pub fn challenge_scopes(mut self, scopes: crate::scope::ChallengeScopes) -> Self {
            self.settings.challenge_scopes = scopes;
            self
        }

        /// Where decisions are recorded; see [`AuditSink`](crate::AuditSink). The log has the same
        /// reasons without it. Each call adds one: what runs is on record with all of them.
        ///
        /// ```
        /// use mcp_authz::{AuditEvent, Server};
        ///
        /// let builder = Server::builder("mail")
        ///     .audit(|event: &AuditEvent<'_>| println!("{:?}: {}", event.outcome, event.reason));
        /// ```
        pub fn audit(mut self, sink: impl crate::AuditSink) -> Self {
            self.settings.audit.add(sink);
            self
        }

        /// How refused tool calls are answered; see [`ChallengeForm`](crate::ChallengeForm).
        ///
        /// ```
        /// use mcp_authz::{ChallengeForm, Server};
        ///
        /// let builder = Server::builder("mail").challenge_form(ChallengeForm::ToolResult);
        /// ```
        pub fn challenge_form(mut self, form: crate::gate::ChallengeForm) -> Self {
            self.settings.challenge_form = form;
            self
        }

        /// The same for these clients alone, by their client ids.
        ///
        /// ```
        /// use mcp_authz::{ChallengeForm, Server};
        ///
        /// let builder = Server::builder("mail")
        ///     .challenge_form_for(["chat-app"], ChallengeForm::ToolResult);
        /// ```
        pub fn challenge_form_for<C: Into<String>>(
            mut self,
            clients: impl IntoIterator<Item = C>,
            form: crate::gate::ChallengeForm,
        ) -> Self {
            let clients = clients.into_iter().map(|client| (client.into(), form));
            self.settings.challenge_forms.extend(clients);
            self
        }

        /// Which tools a caller is shown. Hiding is not what protects them: a call is decided alike.
        ///
        /// ```
        /// use mcp_authz::{Server, Visibility};
        ///
        /// // An agent sees what it may call; it never learns that there is more to ask for.
        /// let builder = Server::builder("mail").visibility(Visibility::Granted);
        /// ```
        pub fn visibility(mut self, visibility: crate::gate::Visibility) -> Self {
            self.settings.visibility = visibility;
            self
        }

        /// Lets callers without a token in: to the protocol's opening, the lists, and tools declared
        /// `anonymous`. A bad token is still refused, never taken for none.
        ///
        /// ```
        /// use mcp_authz::{AuthInfo, Server, tool};
        ///
        /// /// Say hello, to whoever it is.
        /// #[tool(anonymous)]
        /// fn hello(auth: Option<AuthInfo>) -> String {
        ///     let name = auth.as_ref().and_then(AuthInfo::subject).unwrap_or("stranger");
        ///     format!("hello, {name}")
        /// }
        ///
        /// let builder = Server::builder("hello").allow_anonymous();
        /// ```
        pub fn allow_anonymous(mut self) -> Self {
            self.settings.allow_anonymous = true;
            self
        }
    };
}

pub(in crate::server) use settings_of_decisions;
