//! The pages of a list: as long as the handler's, also where some of it is left out. A page that is
//! shorter, or empty and the last one, would say how much there is that its caller is not shown.

use std::iter::repeat_n;

use rmcp::model::{CacheScope, ErrorData};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde::{Deserialize, Serialize};

use super::lists::Page;
use super::operation::Operation;
use super::policy::Asked;
use super::ticket::{Pass, Ticket};
use super::{Gate, failed, still_wanted};
use crate::auth_info::AuthInfo;
use crate::bind::{Foreign, NotTheirs, Purpose, Unsealed};

/// The pages of the handler that one request may ask for. What follows so much that is left out is on
/// a page of its own, after one that is shorter.
const MOST_PAGES: usize = 32;

/// A list, and what it is a list of: the entries of this directory, or nothing more to say.
type List<'a> = (&'static str, &'a str);

/// Where a page begins, sealed in its cursor.
#[derive(Default, Serialize, Deserialize)]
struct Position {
    /// The page of the handler, by the handler's cursor.
    page: Option<String>,
    /// The item of that page, by its name: others can come and go meanwhile. The first one, without a
    /// name.
    item: Option<String>,
}

impl Position {
    fn of_page(cursor: String) -> Self {
        Self {
            page: Some(cursor),
            item: None,
        }
    }

    /// How many of `items` come before. If the item is gone, none: one that comes twice is better than
    /// one that does not come at all.
    fn skips<P: Page>(&self, items: &[P::Item]) -> usize {
        let here = |item| self.item.is_some() && self.item.as_deref() == name::<P>(item);
        items.iter().position(here).unwrap_or(0)
    }
}

fn name<P: Page>(item: &P::Item) -> Option<&str> {
    let operation: Operation<'_> = P::operation(item);
    operation.on_record().map(|operation| operation.name)
}

/// A page in the making.
struct Filling<P: Page> {
    /// The first one of the handler's, without its items.
    page: Option<P>,
    shown: Vec<P::Item>,
    /// How long it becomes.
    length: usize,
}

impl<P: Page> Default for Filling<P> {
    fn default() -> Self {
        Self {
            page: None,
            shown: Vec::new(),
            length: 0,
        }
    }
}

impl<P: Page> Filling<P> {
    /// One more page of the handler's, which had so many items. What is made of several is kept no
    /// longer than any of them.
    fn take_in(&mut self, mut page: P, items: usize) {
        if self.length == 0 {
            self.length = items;
        }
        match &mut self.page {
            None => self.page = Some(page),
            Some(first) => {
                let both = [*first.ttl(), *page.ttl()];
                *first.ttl() = both.into_iter().flatten().min();
            }
        }
    }
}

impl<H: ServerHandler> Gate<H> {
    /// One page of what `caller` is shown of a list.
    ///
    /// It is as long as the handler's page in which it begins, and has a cursor only if one more item
    /// would be shown, or the handler fails there. Where nothing can be left out, it is the handler's page
    /// with the handler's cursor: shorter by what has no rule, which is nobody's and so no secret, and not
    /// worth looking at another page of every list.
    pub(super) async fn page<P, F>(
        &self,
        pass: &Pass,
        list: List<'_>,
        cursor: Option<String>,
        context: RequestContext<RoleServer>,
        fetch: impl Fn(Option<String>, RequestContext<RoleServer>) -> F,
    ) -> Result<P, ErrorData>
    where
        P: Page,
        F: Future<Output = Result<P, ErrorData>>,
    {
        let begin = self.open_cursor(pass.caller(), list, cursor)?;
        let most = match self.guarded.rules.leaves_out(P::KIND) {
            true => MOST_PAGES,
            false => 1,
        };
        let (mut filling, contexts) = (Filling::default(), repeat_n(context, most));
        let next = self
            .walk(&mut filling, begin, pass, contexts, fetch)
            .await?;
        let mut page = filling.page.ok_or_else(failed)?;
        *page.items() = filling.shown;
        *page.cursor() = next
            .map(|next| self.seal_cursor(pass.caller(), list, &next))
            .transpose()?;
        // A list behind a token is nobody else's, whatever the handler said.
        page.set_cache_scope(CacheScope::Private);
        Ok(page)
    }

    /// Asks the handler for one page after another, in so many contexts at most, until the one that is
    /// being made is full. Where the next one begins, if there is one.
    async fn walk<P, F>(
        &self,
        filling: &mut Filling<P>,
        mut at: Position,
        pass: &Pass,
        contexts: impl Iterator<Item = RequestContext<RoleServer>>,
        fetch: impl Fn(Option<String>, RequestContext<RoleServer>) -> F,
    ) -> Result<Option<Position>, ErrorData>
    where
        P: Page,
        F: Future<Output = Result<P, ErrorData>>,
    {
        let asked = &mut Asked::default();
        for context in contexts {
            still_wanted(&context)?;
            let mut page = match pass.run(|| fetch(at.page.clone(), context)).await {
                Ok(page) => page,
                // For whoever asks for that page, as it would be without the gate.
                Err(_) if filling.page.is_some() => return Ok(Some(at)),
                Err(error) => return Err(error),
            };
            let following = page.cursor().take();
            let before = filling.page.as_ref().map(|_| filling.shown.len());
            let rest = self.fill(filling, page, &at, &pass.0, asked).await;
            if let Some(shown) = before.filter(|_| asked.is_late()) {
                // It is judged when it is asked for: what the policies had no time for is not lost.
                filling.shown.truncate(shown);
                return Ok(Some(at));
            }
            if let Some(item) = rest {
                return Ok(Some(Position { item, ..at }));
            }
            let Some(following) = following else {
                return Ok(None);
            };
            at = Position::of_page(following);
        }
        Ok(Some(at))
    }

    /// Adds what `caller` is shown of one page of the handler's; where something is left that the page
    /// being made has no room for, what that begins with.
    async fn fill<P: Page>(
        &self,
        filling: &mut Filling<P>,
        mut page: P,
        at: &Position,
        ticket: &Ticket,
        asked: &mut Asked,
    ) -> Option<Option<String>> {
        let items = std::mem::take(page.items());
        filling.take_in(page, items.len());
        let skipped = at.skips::<P>(&items);
        for (index, item) in items.into_iter().enumerate().skip(skipped) {
            if !self.shows(P::operation(&item), &ticket.caller, asked).await {
                continue;
            }
            if filling.shown.len() == filling.length {
                return Some(name::<P>(&item).filter(|_| index > 0).map(str::to_owned));
            }
            let described = self.describe::<P>(item, ticket, asked).await;
            filling.shown.push(described);
        }
        None
    }

    fn open_cursor(
        &self,
        caller: Option<&AuthInfo>,
        (list, of): List<'_>,
        cursor: Option<String>,
    ) -> Result<Position, ErrorData> {
        let Some(sealed) = cursor else {
            return Ok(Position::default());
        };
        let purpose = Purpose::Cursor { list, of };
        let opened = self.guarded.seal.open(&sealed, caller, &purpose);
        let opened = opened.and_then(|text| serde_json::from_str(&text).map_err(|_| Foreign));
        opened.map_err(|Foreign| {
            let why = "the cursor is another caller's or list's, or too old";
            self.note_foreign(caller, NotTheirs(why));
            ErrorData::invalid_params("unknown cursor", None)
        })
    }

    fn seal_cursor(
        &self,
        caller: Option<&AuthInfo>,
        (list, of): List<'_>,
        next: &Position,
    ) -> Result<String, ErrorData> {
        let text = serde_json::to_string(next).map_err(|_| failed())?;
        let purpose = Purpose::Cursor { list, of };
        let sealed = self.guarded.seal.seal(&text, caller, &purpose);
        sealed.map_err(|Unsealed| failed())
    }
}
