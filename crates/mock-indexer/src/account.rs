//! Who may ask: passwords that change with time, a lock after too many wrong ones, and what each account may read.

use crate::exchange::{Request, Response};
use std::collections::BTreeMap;

/// An account of the indexer.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its passwords, with the time in milliseconds since 1970 from which each is the one that counts, in that order.
    pub passwords: Vec<(i64, String)>,
    /// The index patterns that it may read, such as `wazuh-alerts-*`.
    pub reads: Vec<String>,
}

/// When wrong passwords lock an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lockout {
    /// Wrong passwords until the lock.
    pub tries: u32,
    /// They count together if they fall within this many milliseconds.
    pub window_ms: i64,
    /// How long the lock lasts, in milliseconds. Even the right password is refused meanwhile.
    pub block_ms: i64,
}

/// The accounts, and what happened to each.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    accounts: Vec<Account>,
    /// `None`, as in the product's own configuration, never locks.
    lockout: Option<Lockout>,
    tries: BTreeMap<String, Tries>,
}

#[derive(Clone, Debug, Default)]
struct Tries {
    wrong_at_ms: Vec<i64>,
    blocked_until_ms: Option<i64>,
}

impl Account {
    /// An account that reads every Wazuh index, with one password for ever.
    pub fn reader(name: &str, password: &str) -> Self {
        Account {
            name: name.to_owned(),
            passwords: vec![(i64::MIN, password.to_owned())],
            reads: vec!["wazuh-*".to_owned()],
        }
    }

    /// The password that counts at `now_ms`.
    fn password(&self, now_ms: i64) -> Option<&str> {
        let mut known = self.passwords.iter().rev();
        let current = known.find(|(from_ms, _)| *from_ms <= now_ms)?;
        Some(&current.1)
    }
}

impl Accounts {
    pub(crate) fn new(accounts: Vec<Account>, lockout: Option<Lockout>) -> Self {
        Accounts {
            accounts,
            lockout,
            tries: BTreeMap::new(),
        }
    }

    /// The account that asks; the refusal if there is none, its password is wrong, or it is locked.
    pub(crate) fn check(
        &mut self,
        now_ms: i64,
        request: &Request<'_>,
    ) -> Result<&Account, Response> {
        let Some((name, password)) = request.credentials() else {
            return Err(unauthorized());
        };
        let tries = self.tries.entry(name.clone()).or_default();
        if tries
            .blocked_until_ms
            .is_some_and(|until_ms| now_ms < until_ms)
        {
            return Err(Response::text(401, "Authentication finally failed"));
        }
        let account = self.accounts.iter().find(|account| account.name == name);
        if let Some(account) = account
            && account.password(now_ms) == Some(password.as_str())
        {
            return Ok(account);
        }
        if let Some(lockout) = self.lockout {
            tries.wrong(now_ms, lockout);
        }
        Err(unauthorized())
    }
}

impl Tries {
    fn wrong(&mut self, now_ms: i64, lockout: Lockout) {
        let counts_from_ms = now_ms.saturating_sub(lockout.window_ms);
        self.wrong_at_ms.retain(|at_ms| counts_from_ms < *at_ms);
        self.wrong_at_ms.push(now_ms);
        if lockout.tries as usize <= self.wrong_at_ms.len() {
            self.wrong_at_ms.clear();
            self.blocked_until_ms = Some(now_ms + lockout.block_ms);
        }
    }
}

fn unauthorized() -> Response {
    let mut response = Response::text(401, "Unauthorized");
    let realm = "Basic realm=\"OpenSearch Security\"".to_owned();
    response.headers.push(("www-authenticate", realm));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::basic_authorization;

    const HOUR: i64 = 3_600_000;

    fn answer(accounts: &mut Accounts, now_ms: i64, password: &str) -> &'static str {
        let header = basic_authorization("poller", password);
        let request = Request {
            method: "GET",
            path: "/",
            query: "",
            authorization: Some(&header),
            body: b"",
        };
        match accounts.check(now_ms, &request) {
            Ok(_) => "in",
            Err(response) if response.body == b"Unauthorized" => "wrong",
            Err(_) => "blocked",
        }
    }

    #[test]
    fn a_rotated_password_ends_the_old_one_at_its_moment() {
        let mut account = Account::reader("poller", "old");
        account.passwords.push((HOUR, "new".to_owned()));
        let mut accounts = Accounts::new(vec![account], None);
        assert_eq!(answer(&mut accounts, HOUR - 1, "old"), "in");
        assert_eq!(answer(&mut accounts, HOUR - 1, "new"), "wrong");
        assert_eq!(answer(&mut accounts, HOUR, "old"), "wrong");
        assert_eq!(answer(&mut accounts, HOUR, "new"), "in");
    }

    #[test]
    fn a_lock_refuses_the_right_password_until_it_ends() {
        let lockout = Lockout {
            tries: 3,
            window_ms: 1_000,
            block_ms: HOUR,
        };
        let account = Account::reader("poller", "right");
        let mut accounts = Accounts::new(vec![account], Some(lockout));
        for at_ms in [0, 600, 1_200] {
            assert_eq!(answer(&mut accounts, at_ms, "no"), "wrong");
        }
        assert_eq!(
            answer(&mut accounts, 1_300, "right"),
            "in",
            "two in a window"
        );
        assert_eq!(answer(&mut accounts, 1_400, "no"), "wrong");
        assert_eq!(answer(&mut accounts, 1_500, "right"), "blocked");
        assert_eq!(answer(&mut accounts, 1_400 + HOUR - 1, "right"), "blocked");
        assert_eq!(answer(&mut accounts, 1_400 + HOUR, "right"), "in");
    }

    #[test]
    fn nobody_is_refused_with_the_way_to_ask() {
        let mut accounts = Accounts::new(Vec::new(), None);
        let request = Request {
            method: "GET",
            path: "/",
            query: "",
            authorization: None,
            body: b"",
        };
        let response = accounts.check(0, &request).unwrap_err();
        assert_eq!(response.status, 401);
        assert_eq!(response.headers[1].0, "www-authenticate");
    }
}
