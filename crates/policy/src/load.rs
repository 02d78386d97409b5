//! From files to a policy, or to everything that is wrong with them.

use crate::check::{Context, Lists, check};
use crate::compile::compile;
use crate::config::{self, Config};
use crate::document::{Document, Findings};
use crate::document_tree::Node;
use crate::engine::{self, Engine};
use crate::event::AlertEvent;
use crate::files::{Files, Kind, POLICY_TOML, stem};
use crate::options::LoadOptions;
use crate::policy::Policy;
use crate::problem::{PolicyError, Problem};
use crate::selftest::{SelfTest, TestOutcome};
use crate::signature::{Signature, Suppression};
use jiff::tz::TimeZone;
use rsigma_eval::CompiledRule;
use std::collections::BTreeMap;

/// A signature with all that loading makes of its file.
struct Loaded {
    signature: Signature,
    rule: CompiledRule,
    tests: Vec<SelfTest>,
}

impl Policy {
    /// Loads a policy, and runs every signature's own tests.
    ///
    /// Errs with all that is wrong, each with file, line and remedy. There is no half of a policy: one bad file refuses
    /// the whole, and the program that asked must not judge anything.
    pub fn load(files: &Files, options: LoadOptions) -> Result<Policy, PolicyError> {
        let policy = compile_files(files, options)?;
        let outcomes = policy.run_tests();
        let failed = outcomes.iter().filter_map(TestOutcome::problem).collect();
        PolicyError::check(failed)?;
        Ok(policy)
    }
}

/// Reads and compiles the files. Does not run the signatures' own tests.
pub(crate) fn compile_files(files: &Files, options: LoadOptions) -> Result<Policy, PolicyError> {
    let mut found = Findings {
        problems: files.misplaced(),
        warnings: Vec::new(),
    };
    let config = files.texts(Kind::Config, &mut found.problems).pop();
    let config = match config {
        Some((_, text)) => config::read(text, &mut found.problems),
        None => {
            let remedy = "copy the starter policy's policy.toml";
            found.problems.push(Problem::new(
                POLICY_TOML,
                None,
                "this file is missing",
                remedy,
            ));
            None
        }
    };
    let Some(config) = config else {
        return Err(PolicyError {
            problems: found.problems,
        });
    };
    let lists = lists(files, &mut found.problems);
    let context = Context {
        config: &config,
        lists: &lists,
        options,
    };
    let mut loaded = Vec::new();
    for kind in [Kind::Filter, Kind::Rule] {
        for (path, text) in files.texts(kind, &mut found.problems) {
            loaded.extend(signature(path, text, kind, context, &mut found));
        }
    }
    refuse_twins(&loaded, &mut found.problems);
    warn_unused_lists(files, &lists, &mut found.warnings);
    PolicyError::check(found.problems)?;
    found.warnings.sort();
    Ok(assemble(files, config, loaded, found.warnings))
}

/// Reads one file. `None` if anything is wrong with it, and then `found` says what.
fn signature(
    path: &str,
    text: &str,
    kind: Kind,
    context: Context<'_>,
    found: &mut Findings,
) -> Option<Loaded> {
    const TITLE: &str = "write one line that says what it is about";
    let before = found.problems.len();
    let document = Document::read(path, text, kind, found)?;
    let title = document.text_of("title", TITLE, found);
    let id = document.id(found);
    document.check_status(found);
    let disposition = document.disposition(found);
    let suppression = match kind {
        Kind::Filter => Some(suppression(&document, found)),
        _ => None,
    };
    let service = document.service(found);
    let samples = document.samples(found);
    let block = document.block(found)?;
    check(&document, block, context, found);
    if before < found.problems.len() {
        return None;
    }
    let compiled = compile(&document, block, service.as_deref(), context, found)?;
    let at = &[block.0][..];
    let mut ready = |rule| match engine::compile(rule) {
        Ok(rule) => Some(rule),
        Err(error) => {
            document.refuse(found, at, error, "correct the value or its modifiers");
            None
        }
    };
    let (rule, unguarded) = (ready(&compiled.rule)?, ready(&compiled.unguarded)?);
    let nothing = Node::Object(Vec::new());
    let nothing = AlertEvent::of(&nothing, context.config)?;
    if kind == Kind::Filter && engine::matches_one(&unguarded, &nothing) {
        let what = "this filter suppresses even an alert that has none of its fields";
        let remedy = "select by a value that an alert must have";
        document.refuse(found, &[block.0, "condition"], what, remedy);
        return None;
    }
    let tests = SelfTest::of(samples);
    let signature = Signature {
        name: stem(path).to_owned(),
        file: path.to_owned(),
        id: id?,
        title: title?,
        disposition: disposition?,
        suppression: match suppression {
            Some(suppression) => Some(suppression?),
            None => None,
        },
    };
    Some(Loaded {
        signature,
        rule,
        tests,
    })
}

fn suppression(document: &Document<'_>, found: &mut Findings) -> Option<Suppression> {
    let owner = document.text_of("owner", "write who answers for this suppression", found);
    let ticket = document.text_of("ticket", "write where it was decided", found);
    let expires = document.expires(found);
    let max_level = document.max_level(found);
    let expires = expires?;
    let ends = expires
        .tomorrow()
        .and_then(|day| day.to_zoned(TimeZone::UTC));
    let Ok(ends) = ends else {
        document.refuse(
            found,
            &["expires"],
            "this day is out of range",
            "write a nearer one",
        );
        return None;
    };
    Some(Suppression {
        owner: owner?,
        ticket: ticket?,
        expires,
        max_level: max_level?,
        ends: ends.timestamp(),
    })
}

/// Every list. One without a value is refused: a matcher could take "none of these" for "all".
fn lists(files: &Files, problems: &mut Vec<Problem>) -> Lists {
    let mut lists = Lists::new();
    let mut empty = Vec::new();
    for (path, text) in files.texts(Kind::List, problems) {
        let lines = text.lines().map(str::trim);
        let values: Vec<String> = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect();
        if values.is_empty() {
            let remedy = "write one value a line, or remove the file";
            empty.push(Problem::new(path, None, "this list is empty", remedy));
        }
        lists.insert(stem(path).to_owned(), values);
    }
    problems.append(&mut empty);
    lists
}

/// Names and ids are what ledgers and metrics know a signature by.
fn refuse_twins(loaded: &[Loaded], problems: &mut Vec<Problem>) {
    let mut files_by_key: BTreeMap<String, &str> = BTreeMap::new();
    for Loaded { signature, .. } in loaded {
        let file = signature.file.as_str();
        for key in [
            format!("name {}", signature.name),
            format!("id {}", signature.id),
        ] {
            if let Some(first) = files_by_key.insert(key.clone(), file) {
                let what = format!("the {key} is that of {first} too");
                problems.push(Problem::new(
                    file,
                    None,
                    what,
                    "give each signature its own",
                ));
            }
        }
    }
}

fn warn_unused_lists(files: &Files, lists: &Lists, warnings: &mut Vec<Problem>) {
    for name in lists.keys() {
        let placeholder = format!("%{name}%").into_bytes();
        let is_used = files.iter().any(|(path, bytes)| {
            path.ends_with(".yml")
                && bytes
                    .windows(placeholder.len())
                    .any(|part| part == placeholder)
        });
        if !is_used {
            let file = format!("lists/{name}.txt");
            warnings.push(Problem::new(
                &file,
                None,
                "no signature uses this list",
                "remove it",
            ));
        }
    }
}

fn assemble(files: &Files, config: Config, loaded: Vec<Loaded>, warnings: Vec<Problem>) -> Policy {
    let mut signatures = Vec::with_capacity(loaded.len());
    let mut rules = Vec::with_capacity(loaded.len());
    let mut tests = Vec::with_capacity(loaded.len());
    for loaded in loaded {
        signatures.push(loaded.signature);
        rules.push(loaded.rule);
        tests.push(loaded.tests);
    }
    Policy {
        config,
        signatures,
        engine: Engine::new(rules),
        tests,
        sha256: files.sha256(),
        warnings,
    }
}
