//! Codes and refresh tokens: each works once, and a second use ends all that came from it.

use super::error::OAuthError;
use super::grant::Grant;
use super::secret::{Secret, fingerprint};
use super::store::{Code, Family, Tables};

/// What a code or refresh token was exchanged for.
#[derive(Debug)]
pub(super) struct Redeemed {
    pub(super) grant: Grant,
    pub(super) family: String,
}

impl Tables {
    /// Redeems a code that passes `check`. A failed check leaves the code as it was: a stranger
    /// can't use it up.
    pub(super) fn redeem_code(
        &mut self,
        code: &str,
        check: impl FnOnce(&Code) -> Result<(), OAuthError>,
        now: u64,
    ) -> Result<Redeemed, OAuthError> {
        let key = fingerprint(code);
        let unknown = || OAuthError::invalid_grant("the code is unknown or has expired");
        let stored = self.codes.get_mut(&key, now).ok_or_else(unknown)?;
        if let Some(family) = stored.family.clone() {
            self.revoke_family(&family, now);
            // RFC 6749 §4.1.2: deny, and revoke what the code had issued.
            return Err(OAuthError::invalid_grant("the code was used before"));
        }
        if stored.valid_until <= now {
            return Err(unknown());
        }
        check(stored)?;
        let family = Secret::random()?.fingerprint();
        stored.family = Some(family.clone());
        let grant = stored.grant.clone();
        let content = Family {
            grant: grant.clone(),
            access_tokens: Vec::new(),
        };
        self.keep_family(&family, content, now);
        Ok(Redeemed { grant, family })
    }

    /// Redeems a refresh token of `client_id` whose grant passes `check`.
    pub(super) fn redeem_refresh_token(
        &mut self,
        token: &str,
        client_id: &str,
        check: impl FnOnce(&Grant) -> Result<(), OAuthError>,
        now: u64,
    ) -> Result<Redeemed, OAuthError> {
        let key = fingerprint(token);
        let unknown = || OAuthError::invalid_grant("the refresh token is unknown or was revoked");
        let stored = self.refresh_tokens.get_mut(&key, now).ok_or_else(unknown)?;
        let family = stored.family.clone();
        let grant = self
            .families
            .get(&family, now)
            .ok_or_else(unknown)?
            .grant
            .clone();
        if grant.client_id != client_id {
            return Err(unknown());
        }
        if stored.spent {
            self.revoke_family(&family, now);
            // RFC 9700 §4.14.2: one of two holders is a thief, and nobody knows which.
            return Err(OAuthError::invalid_grant(
                "the refresh token was used before",
            ));
        }
        check(&grant)?;
        stored.spent = true;
        Ok(Redeemed { grant, family })
    }

    /// Notes an access token, so that it can be revoked with its family.
    pub(super) fn note_access_token(&mut self, family: &str, id: &str, ends: u64, now: u64) {
        match self.families.get_mut(family, now) {
            Some(family) => {
                family.access_tokens.retain(|(_, ends)| *ends > now);
                family.access_tokens.push((id.to_owned(), ends));
            }
            // The family was revoked while the token was being signed.
            None => self.revoke_access_token(id.to_owned(), ends, now),
        }
    }

    pub(super) fn revoke_family(&mut self, family: &str, now: u64) {
        if let Some(family) = self.families.remove(family, now) {
            self.revoke_tokens(family, now);
        }
    }

    /// Ends what a family still has, once it is out of the map; its refresh tokens ended with that.
    pub(super) fn revoke_tokens(&mut self, family: Family, now: u64) {
        for (id, ends) in family.access_tokens {
            self.revoke_access_token(id, ends, now);
        }
    }

    pub(super) fn revoke_access_token(&mut self, id: String, ends: u64, now: u64) {
        let mut ending = vec![(id, ends)];
        // What was issued in exchange for it ends with it, and so on.
        while let Some((id, ends)) = ending.pop() {
            ending.extend(self.exchanged.remove(&id, now).unwrap_or_default());
            self.revoked.insert(id, (), now, ends.saturating_sub(now));
        }
    }

    /// Notes an access token that was issued in exchange for the one with the id `from`, which ends no
    /// earlier.
    pub(super) fn note_exchange(
        &mut self,
        (from, its_end): (&str, u64),
        id: &str,
        ends: u64,
        now: u64,
    ) {
        if self.revoked.get(from, now).is_some() {
            // It was revoked while the new one was being signed.
            return self.revoke_access_token(id.to_owned(), ends, now);
        }
        let entry = (id.to_owned(), ends);
        match self.exchanged.get_mut(from, now) {
            Some(others) => others.push(entry),
            None => {
                let lifetime = its_end.saturating_sub(now);
                self.exchanged
                    .insert(from.to_owned(), vec![entry], now, lifetime);
            }
        }
    }

    /// RFC 7009 §2.1: ends the family of a refresh token, if it is this client's.
    pub(super) fn revoke_refresh_token(&mut self, token: &str, client_id: &str, now: u64) {
        let Some(stored) = self.refresh_tokens.get(&fingerprint(token), now) else {
            return;
        };
        let family = stored.family.clone();
        let owner = self.families.get(&family, now);
        if owner.is_some_and(|family| family.grant.client_id == client_id) {
            self.revoke_family(&family, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::store::CODE_LIFETIME;
    use crate::scope::ScopeSet;

    fn with_code(code: &Secret) -> Tables {
        let mut tables = Tables::default();
        let content = Code {
            grant: Grant {
                user: Some("alice".into()),
                client_id: "agent".into(),
                scopes: ScopeSet::parse("a b"),
                resource: None,
                consent: None,
                auth_time: None,
                acr: None,
                nonce: None,
            },
            redirect_uri: "http://127.0.0.1/cb".into(),
            challenge: String::new(),
            valid_until: CODE_LIFETIME,
            family: None,
        };
        tables.keep_code(code, content, 0);
        tables
    }

    fn pass<T>(_: &T) -> Result<(), OAuthError> {
        Ok(())
    }

    fn fail<T>(_: &T) -> Result<(), OAuthError> {
        Err(OAuthError::invalid_grant("no"))
    }

    #[test]
    fn a_code_lives_for_a_minute() {
        let code = Secret::random().unwrap();
        let mut tables = with_code(&code);
        assert!(
            tables
                .redeem_code(code.expose(), pass, CODE_LIFETIME)
                .is_err()
        );
        assert!(
            tables
                .redeem_code(code.expose(), pass, CODE_LIFETIME - 1)
                .is_ok()
        );
    }

    #[test]
    fn a_failed_check_does_not_spend_the_code() {
        let code = Secret::random().unwrap();
        let mut tables = with_code(&code);
        assert!(tables.redeem_code(code.expose(), fail, 0).is_err());
        assert!(tables.redeem_code(code.expose(), pass, 0).is_ok());
    }

    #[test]
    fn the_reuse_of_a_code_is_noticed_after_it_ended() {
        let code = Secret::random().unwrap();
        let mut tables = with_code(&code);
        let redeemed = tables.redeem_code(code.expose(), pass, 0).unwrap();
        tables.note_access_token(&redeemed.family, "jti", 3600, 0);
        let again = tables.redeem_code(code.expose(), pass, 600).unwrap_err();
        assert_eq!(again.code, "invalid_grant");
        assert!(tables.revoked.get("jti", 3599).is_some());
    }

    #[test]
    fn the_reuse_of_a_refresh_token_ends_its_family() {
        let (code, first, second) = (
            Secret::random().unwrap(),
            Secret::random().unwrap(),
            Secret::random().unwrap(),
        );
        let mut tables = with_code(&code);
        let family = tables.redeem_code(code.expose(), pass, 0).unwrap().family;
        tables.keep_refresh_token(&first, &family, 0);
        let mut redeem = |token: &Secret, client: &str, check: fn(&Grant) -> _| {
            let redeemed = tables.redeem_refresh_token(token.expose(), client, check, 1);
            if redeemed.is_ok() {
                tables.keep_refresh_token(&second, &family, 1);
            }
            redeemed.is_ok()
        };
        assert!(!redeem(&first, "other", pass), "another client's");
        assert!(!redeem(&first, "agent", fail), "wider scopes");
        assert!(redeem(&first, "agent", pass));
        assert!(!redeem(&first, "agent", pass), "used before");
        assert!(
            !redeem(&second, "agent", pass),
            "its successor died with it"
        );
    }

    #[test]
    fn what_was_exchanged_for_a_token_ends_with_it() {
        let mut tables = Tables::default();
        tables.note_exchange(("first", 10), "second", 10, 0);
        tables.note_exchange(("second", 10), "third", 9, 0);
        tables.note_exchange(("other", 10), "its own", 10, 0);
        tables.revoke_access_token("first".into(), 10, 1);
        for id in ["first", "second", "third"] {
            assert!(tables.revoked.get(id, 2).is_some(), "{id}");
        }
        assert!(tables.revoked.get("its own", 2).is_none());
        tables.note_exchange(("first", 10), "late", 10, 2);
        assert!(tables.revoked.get("late", 3).is_some());
    }

    #[test]
    fn a_token_signed_during_a_revocation_is_revoked() {
        let mut tables = Tables::default();
        tables.note_access_token("gone", "jti", 10, 0);
        assert!(tables.revoked.get("jti", 0).is_some());
    }
}
