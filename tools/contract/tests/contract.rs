//! Runs the suite: each case for each checkpoint on each database, a line for each.
//!
//! `cargo test -p contract -- step-02 sqlite kill` runs the tests whose names contain all of these words.

use std::{collections::HashMap, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use contract::{
    checkpoint::{self, Checkpoint},
    context::{Context, Target},
    database::Kind,
    postgres::{Installation, Postgres},
    run::Run,
    suite::{self, Case},
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use test_tools::Missing;
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

/// Most cases wait most of the time: for the server, for the disk, for a time limit.
const TESTS_AT_ONCE: usize = 24;
/// No case takes a minute; one that waits for ever must not hold up the others.
const CASE_LIMIT: Duration = Duration::from_secs(300);

/// The built-in harness's flags, and as many words as one likes.
#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    harness: Arguments,

    /// More words: a test runs if its name contains all of them
    words: Vec<String>,
}

/// A test that has been asked for.
struct Selected {
    name: String,
    checkpoint: Checkpoint,
    kind: Kind,
    case: Case,
}

fn main() -> ExitCode {
    let Cli {
        mut harness,
        mut words,
    } = Cli::parse();
    harness.test_threads.get_or_insert(TESTS_AT_ONCE);
    words.extend(harness.filter.take());
    match run(&harness, &words) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(harness: &Arguments, words: &[String]) -> Result<ExitCode> {
    let (checkpoints, given) = checkpoints()?;
    let selected = select(&checkpoints, harness, words);
    if harness.list {
        let names = selected.into_iter().map(|test| test.name);
        let trials = names.map(|name| Trial::test(name, || Ok(()))).collect();
        return Ok(libtest_mimic::run(harness, trials).exit_code());
    }

    let needed =
        |checkpoint: &&Checkpoint| selected.iter().any(|test| test.checkpoint == **checkpoint);
    let needed: Vec<_> = checkpoints.iter().filter(needed).cloned().collect();
    let binaries = match given {
        _ if needed.is_empty() => HashMap::new(),
        Some(binary) => HashMap::from([(checkpoints[0].name.clone(), binary)]),
        None => checkpoint::build(&needed)?,
    };
    let runtime = Arc::new(Runtime::new()?);
    let uses_postgres = selected.iter().any(|test| test.kind == Kind::Postgres);
    let run = Arc::new(Run::new(if uses_postgres {
        runtime.block_on(postgres())?
    } else {
        None
    })?);
    end_when_interrupted(&runtime, Arc::clone(&run));

    let mut contexts = HashMap::new();
    for checkpoint in needed {
        for kind in Kind::ALL {
            let target = Arc::new(Target {
                checkpoint: checkpoint.clone(),
                binary: binaries[&checkpoint.name].clone(),
                kind,
                run: Arc::clone(&run),
            });
            let key = (checkpoint.name.clone(), kind.name());
            contexts.insert(key, Context::new(target, None)?);
        }
    }
    let trials = selected.into_iter().map(|test| {
        let context = contexts[&(test.checkpoint.name.clone(), test.kind.name())].clone();
        trial(test, context, Arc::clone(&runtime))
    });
    let conclusion = libtest_mimic::run(harness, trials.collect());
    drop(contexts);
    run.end();
    Ok(conclusion.exit_code())
}

/// The course's checkpoints; or the one server that `CONTRACT_SERVER` is the binary of, and that binary.
fn checkpoints() -> Result<(Vec<Checkpoint>, Option<PathBuf>)> {
    let checkpoints = Checkpoint::all()?;
    let Some(binary) = std::env::var_os("CONTRACT_SERVER") else {
        return Ok((checkpoints, None));
    };
    let binary = PathBuf::from(binary).canonicalize();
    let binary = binary.context("CONTRACT_SERVER does not name a binary")?;
    let name = binary.file_name().unwrap_or_default().to_string_lossy();
    let server = Checkpoint {
        name: name.into_owned(),
        // It is a variant of some checkpoint, all of which have the same committed secret.
        folder: checkpoints[0].folder.clone(),
    };
    Ok((vec![server], Some(binary)))
}

fn select(checkpoints: &[Checkpoint], harness: &Arguments, words: &[String]) -> Vec<Selected> {
    let is_selected = |name: &String| {
        let by_words = match harness.exact {
            true => words.is_empty() || words.contains(name),
            false => words.iter().all(|word| name.contains(word)),
        };
        by_words && !harness.is_filtered_out(&Trial::test(name, || Ok(())))
    };
    let mut selected = Vec::new();
    for checkpoint in checkpoints {
        for kind in Kind::ALL {
            for case in suite::all() {
                let name = format!("{}::{}::{}", checkpoint.name, kind.name(), case.name);
                if is_selected(&name) {
                    selected.push(Selected {
                        name,
                        checkpoint: checkpoint.clone(),
                        kind,
                        case,
                    });
                }
            }
        }
    }
    selected
}

/// The cluster, or None where PostgreSQL is not installed and need not be.
async fn postgres() -> Result<Option<Postgres>> {
    if let Some(installation) = Installation::find()? {
        return Ok(Some(Postgres::start(&installation).await?));
    }
    let missing = "PostgreSQL is not installed (Debian: apt-get install postgresql)";
    if skips_nothing() {
        bail!("{missing}, and CI=true skips nothing");
    }
    eprintln!("contract: {missing}: its tests are skipped");
    Ok(None)
}

/// Where the suite runs for everybody, what cannot be run has failed.
fn skips_nothing() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

fn end_when_interrupted(runtime: &Runtime, run: Arc<Run>) {
    runtime.spawn(async move {
        let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be waited for");
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        eprintln!("contract: interrupted");
        run.end();
        std::process::exit(130);
    });
}

fn trial(test: Selected, context: Context, runtime: Arc<Runtime>) -> Trial {
    Trial::ignorable_test(test.name, move || {
        if test.kind == Kind::Postgres && context.target().run.postgres().is_err() {
            return Ok(Completion::ignored_with("PostgreSQL is not installed"));
        }
        let outcome = runtime.block_on(async {
            let outcome = tokio::time::timeout(CASE_LIMIT, test.case.run(&context)).await;
            outcome.unwrap_or_else(|_| bail!("not done within {CASE_LIMIT:?}"))
        });
        match outcome {
            Ok(()) => Ok(Completion::Completed),
            Err(error) => match error.downcast_ref::<Missing>() {
                Some(missing) if !skips_nothing() => {
                    Ok(Completion::ignored_with(missing.to_string()))
                }
                _ => Err(Failed::from(format!("{error:#}"))),
            },
        }
    })
}
