//! Where the command line writes. A reader that goes away (`rolo list customers | head`) ends the command quietly and
//! with exit code 0.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use crate::{
    data::{Failure, Reason, scrub::scrub},
    strings::Lang,
};

/// Standard output and error, with the language and form of messages.
pub struct Out {
    /// The language of messages.
    pub lang: Lang,
    /// Errors are JSON objects.
    json: bool,
    stdout: BufWriter<Box<dyn Write + Send>>,
    stderr: Box<dyn Write + Send>,
    /// Columns of the terminal that stdout is, if it is one.
    pub width: Option<u16>,
    /// A person watches stderr.
    pub watched: bool,
    broken: bool,
    /// The failure that the command ends with has been told already.
    told: bool,
}

impl Out {
    /// The process's own.
    pub fn standard(lang: Lang, json: bool) -> Self {
        let width = io::stdout().is_terminal().then(|| crossterm::terminal::size().map_or(80, |(columns, _)| columns));
        Self {
            lang,
            json,
            stdout: BufWriter::new(Box::new(io::stdout())),
            stderr: Box::new(io::stderr()),
            width,
            watched: io::stderr().is_terminal(),
            broken: false,
            told: false,
        }
    }

    /// Into other writers, for tests.
    pub fn to(lang: Lang, json: bool, stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Self {
        Self {
            lang,
            json,
            stdout: BufWriter::new(stdout),
            stderr,
            width: None,
            watched: false,
            broken: false,
            told: false,
        }
    }

    /// One line of output.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text)?;
        self.write("\n")
    }

    /// Output as it is.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        let outcome = self.stdout.write_all(text.as_bytes());
        self.check(outcome)
    }

    /// Sends out what was written so far.
    pub fn flush(&mut self) -> Result<(), Failure> {
        let outcome = self.stdout.flush();
        self.check(outcome)
    }

    fn check(&mut self, outcome: io::Result<()>) -> Result<(), Failure> {
        outcome.map_err(|error| {
            self.broken |= error.kind() == io::ErrorKind::BrokenPipe;
            Failure::local(Reason::File, format!("cannot write: {error}"), format!("无法写入：{error}"))
        })
    }

    /// Something said about the output: a line on stderr. Nobody is hurt when it cannot be said.
    pub fn note(&mut self, en: &str, zh: &str) {
        let text = match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        };
        // It may repeat what was given: a file's name, say.
        let _ = writeln!(self.stderr, "{}", scrub(text));
    }

    /// A line on stderr that replaces itself; only where somebody watches.
    pub fn progress(&mut self, text: &str) {
        if self.watched {
            let _ = write!(self.stderr, "\r\x1b[2K{}", scrub(text));
            let _ = self.stderr.flush();
        }
    }

    /// Takes the line of progress away.
    pub fn end_progress(&mut self) {
        if self.watched {
            let _ = write!(self.stderr, "\r\x1b[2K");
        }
    }

    /// Writes a failure: as text, or as a JSON object. Answers its exit code.
    pub fn fail(&mut self, failure: &Failure) -> u8 {
        if self.broken {
            return 0;
        }
        // What was written before the failure comes before it.
        let _ = self.stdout.flush();
        if self.told {
            return failure.exit_code();
        }
        let told = if self.json {
            failure.json(self.lang).to_string()
        } else {
            let message = failure.at_prompt(self.lang);
            // A server's words stay on one line; what to do about its certificate is ours.
            let ours = failure.reason == Reason::Untrusted;
            format!("rolo: {}", if ours { message } else { message.replace('\n', " ") })
        };
        // A refusal repeats what was given, whatever that was.
        let _ = writeln!(self.stderr, "{}", scrub(&told));
        failure.exit_code()
    }

    /// The end of the command: writes the failure if there is one, and answers the exit code.
    pub fn finish(&mut self, outcome: Result<(), Failure>) -> u8 {
        match outcome.and_then(|()| self.flush()) {
            Ok(()) => 0,
            Err(failure) => self.fail(&failure),
        }
    }
}

/// What became of several records that one command was asked to change: all are tried, and the command fails as the first
/// that failed.
#[derive(Default)]
pub struct Tally {
    first: Option<Failure>,
    /// How many succeeded.
    pub done: usize,
    /// How many did not.
    pub failed: usize,
}

impl Tally {
    /// Counts one; tells its failure beside its key.
    pub fn add(&mut self, key: &str, outcome: Result<(), Failure>, out: &mut Out) -> Result<(), Failure> {
        match outcome {
            Ok(()) => self.done += 1,
            // Output that nobody reads, or a server that is gone, ends the whole command.
            Err(failure) if out.broken || matches!(failure.reason, Reason::Unavailable | Reason::Unauthenticated) => {
                return Err(failure);
            }
            Err(failure) => {
                self.failed += 1;
                let _ = if out.json {
                    let mut object = failure.json(out.lang);
                    object["key"] = key.into();
                    writeln!(out.stderr, "{object}")
                } else {
                    writeln!(out.stderr, "rolo: {key}: {}", failure.at_prompt(out.lang))
                };
                self.first.get_or_insert(failure);
            }
        }
        Ok(())
    }

    /// The end of the command: it fails as the first that failed, which has been told already.
    pub fn end(self, out: &mut Out) -> Result<(), Failure> {
        match self.first {
            None => Ok(()),
            Some(failure) => {
                out.told = true;
                Err(failure)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_goes_away_is_no_error() {
        let mut out = Out::to(Lang::En, false, Box::new(Closed), Box::new(io::sink()));
        let outcome = (0..10_000).try_for_each(|_| out.line("a line of output"));
        assert!(outcome.is_err(), "the command stops");
        assert_eq!(out.finish(outcome), 0);
    }

    #[test]
    fn the_exit_code_is_that_of_the_first_failure() {
        let mut out = Out::to(Lang::En, false, Box::new(io::sink()), Box::new(io::sink()));
        let mut tally = Tally::default();
        let failed = |reason| Err(Failure::local(reason, "", ""));
        assert_eq!(tally.add("1", Ok(()), &mut out), Ok(()));
        assert_eq!(tally.add("2", failed(Reason::NotFound), &mut out), Ok(()));
        assert_eq!(tally.add("3", failed(Reason::Stale), &mut out), Ok(()));
        assert_eq!((tally.done, tally.failed), (1, 2));
        let end = tally.end(&mut out);
        assert_eq!(out.finish(end), 3);
    }
}
