//! The audit log: every step under one target, with its fields; never a secret or a token.

use http::StatusCode;

use super::super::Error;
use super::policy::Wanted;
use super::refusal::Refusal;
use super::registrant::Registrant;

/// What a subscriber filters by.
const TARGET: &str = "mcp_authz::registration";

pub(super) fn registered(owner: &Registrant, id: &str, wanted: &Wanted) {
    tracing::info!(
        target: TARGET,
        step = "registered",
        %owner,
        client_id = id,
        name = ?wanted.name,
        kind = ?wanted.kind,
        redirect_uris = ?wanted.redirect_uris,
        scopes = %wanted.scopes,
        "an agent was registered"
    );
}

/// Something that somebody may not, or that is not right.
pub(super) fn refused(step: &'static str, owner: Option<&Registrant>, refusal: &Refusal) {
    let owner = owner.map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let (error, reason) = (refusal.code, &refusal.text);
    tracing::info!(target: TARGET, step, owner, error, ?reason, "refused");
}

/// Nobody, or a token that the server refuses or cannot judge now; why is in its own log.
pub(super) fn not_admitted(status: StatusCode) {
    let status = status.as_u16();
    tracing::info!(target: TARGET, step = "admitted", status, "refused");
}

/// Somebody looked at what is theirs.
pub(super) fn looked(step: &'static str, owner: &Registrant, id: Option<&str>) {
    tracing::debug!(target: TARGET, step, %owner, client_id = id, "looked at");
}

pub(super) fn rotated(owner: &Registrant, id: &str, still_good: &[(String, Error)]) {
    let still_good = still_good.len();
    if still_good == 0 {
        tracing::info!(target: TARGET, step = "rotated", %owner, client_id = id, "a new secret");
    } else {
        tracing::warn!(
            target: TARGET, step = "rotated", %owner, client_id = id, still_good,
            "a new secret, and older ones that could not be deleted"
        );
    }
}

pub(super) fn deleted(owner: &Registrant, id: &str) {
    tracing::info!(target: TARGET, step = "deleted", %owner, client_id = id, "an agent was deleted");
}

/// Logto did not do what it was asked.
pub(super) fn failed(step: &'static str, owner: &Registrant, error: &Error) {
    tracing::warn!(target: TARGET, step, %owner, %error, "Logto did not do it");
}

/// The tenant lacks a scope that agents may be given.
pub(super) fn lacking(scope: &str, resource: &str) {
    tracing::error!(
        target: TARGET, step = "registered", scope, resource,
        "the tenant has no such scope: set it up first (`logto::Provisioning`)"
    );
}

/// An application was taken away again.
pub(super) fn withdrawn(owner: &Registrant, id: &str, why: &'static str) {
    tracing::warn!(target: TARGET, step = "withdrawn", %owner, client_id = id, why, "taken away again");
}

/// An application that must not stay could not be taken away.
pub(super) fn left_behind(owner: &Registrant, id: &str, why: &'static str, error: &Error) {
    tracing::error!(
        target: TARGET, step = "left behind", %owner, client_id = id, why, %error,
        "could not be taken away again: delete it in the console"
    );
}

/// Nobody knows whether there is an application.
pub(super) fn uncertain(owner: &Registrant, attempt: &str, error: &Error) {
    tracing::error!(
        target: TARGET, step = "uncertain", %owner, attempt, %error,
        "an application with this `attempt` in its custom data may be there: delete it in the console"
    );
}
