//! One request that is tried until it is answered, refused for good, or tried often enough.

use crate::answer::{self, Page};
use crate::backoff::Backoff;
use crate::config::Config;
use crate::error::{AnswerError, Asked, PollError, Remedy};
use crate::patience::Patience;
use crate::secret::{Authorization, SecretFile};
use crate::skew::Heard;
use crate::transport::{Answered, Request, Transport};
use host::{Host, Millis};
use std::borrow::Cow;

/// Sends searches.
pub(crate) struct Client<'h> {
    host: &'h dyn Host,
    transport: &'h dyn Transport,
    secret: SecretFile<'h>,
    authorization: Option<Authorization>,
    backoff: Backoff,
    attempts: u32,
    size: PageSize,
    body: Vec<u8>,
    /// When the last request was sent, and when its answer had come, by our clock.
    exchange: (Millis, Millis),
    heard: Option<Heard>,
    /// For all requests until the next one is granted.
    patience: Patience<'h>,
}

/// How many alerts one page should have at the moment.
struct PageSize {
    max: usize,
    now: usize,
    good: u32,
}

/// Complete pages after which a halved page size is doubled again.
const GOOD_PAGES: u32 = 8;

impl PageSize {
    fn halve(&mut self) {
        self.now = (self.now / 2).max(1);
        self.good = 0;
    }

    fn praise(&mut self) {
        self.good += 1;
        if self.good == GOOD_PAGES {
            self.now = (self.now * 2).min(self.max);
            self.good = 0;
        }
    }
}

impl<'h> Client<'h> {
    pub(crate) fn new(
        host: &'h dyn Host,
        transport: &'h dyn Transport,
        secret: SecretFile<'h>,
        config: &Config,
        seed: u64,
    ) -> Self {
        Client {
            host,
            transport,
            secret,
            authorization: None,
            backoff: Backoff::new(config.wait_min, config.wait_max, seed),
            attempts: config.attempts,
            size: PageSize {
                max: config.page_alerts,
                now: config.page_alerts,
                good: 0,
            },
            body: Vec::new(),
            exchange: (Millis(0), Millis(0)),
            heard: None,
            patience: Patience::ENDLESS,
        }
    }

    /// What the last complete answer told of the indexer's clock.
    pub(crate) fn heard(&self) -> Option<Heard> {
        self.heard
    }

    /// Bounds all requests from now on together.
    pub(crate) fn grant(&mut self, patience: Patience<'h>) {
        self.patience = patience;
    }

    /// Whether only what is begun should be ended.
    pub(crate) fn is_tight(&self) -> bool {
        self.patience.is_tight()
    }

    /// The size of the next page, if it is not the configured one.
    pub(crate) fn page(&self) -> Option<usize> {
        (self.size.now < self.size.max).then_some(self.size.now)
    }

    /// Goes on with the page size of an earlier process.
    pub(crate) fn resume_page(&mut self, page: Option<usize>) {
        let page = page.unwrap_or(self.size.max);
        self.size.now = page.clamp(1, self.size.max);
    }

    /// Whether the credential file holds something else than what was last sent.
    pub(crate) fn has_new_secret(&self) -> bool {
        let Some(old) = &self.authorization else {
            return false;
        };
        self.secret.read().is_ok_and(|new| new != *old)
    }

    /// Makes the next pages end elsewhere. Two documents may share time and id, as when an index that rolled over has an
    /// alert twice; a page end between the two hides the second.
    pub(crate) fn shift_pages(&mut self) {
        self.size.now = (self.size.now - 1).max(1);
    }

    /// Sends the search that `body` builds for a page size, and gives the complete answer to `read`.
    ///
    /// Waits and tries again where that can help and the patience allows it, with smaller pages where the indexer is
    /// overloaded or a page is too large. Errs with the last failure, which `operation` introduces.
    pub(crate) fn search<R>(
        &mut self,
        operation: &'static str,
        path: &str,
        body: impl Fn(usize) -> String,
        read: impl FnOnce(Page<'_>, usize) -> R,
    ) -> Result<R, PollError> {
        if self.patience.is_stopped() {
            return Err(PollError::Stopped { operation });
        }
        if self.patience.is_over() {
            return Err(PollError::OutOfTime { operation });
        }
        let mut attempt = 0;
        loop {
            let size = self.size.now;
            let answered = match self.send(path, &body(size))? {
                Ok(answered) => answered,
                Err(error) => {
                    let is_paged = body(size) != body(size / 2);
                    self.recover(operation, &mut attempt, is_paged, error)?;
                    continue;
                }
            };
            self.mend_body(operation);
            // The page borrows the body, so the loop must not touch `self.body` on this way.
            match answer::parse(answered.status, &self.body) {
                Ok(page) => {
                    self.size.praise();
                    let (before, after) = self.exchange;
                    self.heard = Some(Heard {
                        before,
                        after,
                        date: answered.date,
                    });
                    return Ok(read(page, size));
                }
                Err(error) => {
                    let is_paged = body(size) != body(size / 2);
                    self.recover(operation, &mut attempt, is_paged, error)?;
                }
            }
        }
    }

    /// Replaces what is no UTF-8 in the body by U+FFFD, as most readers of JSON do. Otherwise one such byte in one alert
    /// would make every page that has it unreadable, and the cursor would stand before it for ever.
    fn mend_body(&mut self, operation: &'static str) {
        if let Cow::Owned(mended) = String::from_utf8_lossy(&self.body) {
            tracing::warn!("{operation}: the answer is no UTF-8, and is read as if it were");
            self.body = mended.into_bytes();
        }
    }

    /// Does what helps against `error`, or gives up with it. Only a request that `is_paged` gets smaller by smaller pages.
    fn recover(
        &mut self,
        operation: &'static str,
        attempt: &mut u32,
        is_paged: bool,
        error: AnswerError,
    ) -> Result<(), PollError> {
        if self.patience.is_stopped() {
            // Whatever it was: the connection may have been cut because of the stop.
            return Err(PollError::Stopped { operation });
        }
        let remedy = error.remedy();
        let can_halve = is_paged && 1 < self.size.now;
        if remedy == Remedy::Stop || remedy == Remedy::Halve && !can_halve {
            return Err(error).asked(operation);
        }
        let size = self.size.now;
        if can_halve && remedy != Remedy::Wait {
            self.size.halve();
        }
        if remedy == Remedy::Halve {
            if self.patience.is_over() {
                return Err(error).asked(operation);
            }
            tracing::warn!(%error, size, "{operation}: halving the page");
            return Ok(());
        }
        *attempt += 1;
        if self.attempts <= *attempt {
            return Err(error).asked(operation);
        }
        let wait = self.backoff.wait(*attempt - 1);
        tracing::warn!(%error, ?wait, "{operation}: trying again");
        match self.patience.sleep(self.host, wait) {
            true => Ok(()),
            false if self.patience.is_stopped() => Err(PollError::Stopped { operation }),
            false => Err(error).asked(operation),
        }
    }

    /// Sends one search. After a refusal it reads the credential file again, and repeats the request once if that changed:
    /// repeating it with the same credentials would only bring a lockout nearer.
    fn send(&mut self, path: &str, body: &str) -> Result<Result<Answered, AnswerError>, PollError> {
        if self.authorization.is_none() {
            self.authorization = Some(self.secret.read()?);
        }
        let mut answered = self.send_once(path, body);
        if answered
            .as_ref()
            .is_ok_and(|answered| answered.status == 401)
        {
            let new = self.secret.read()?;
            if self.authorization.as_ref() != Some(&new) {
                self.authorization = Some(new);
                answered = self.send_once(path, body);
            }
        }
        Ok(answered)
    }

    fn send_once(&mut self, path: &str, body: &str) -> Result<Answered, AnswerError> {
        let request = Request {
            path,
            authorization: self.authorization.as_ref().map(Authorization::as_str),
            body,
            patience: self.patience,
        };
        let before = self.host.now();
        let answered = self.transport.send(&request, &mut self.body)?;
        self.exchange = (before, self.host.now());
        Ok(answered)
    }
}
