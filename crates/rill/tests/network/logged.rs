//! Everything that this process logs, by `tracing` and by `log`.

use std::{
    fmt::{Debug, Write},
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

static RECORDS: Mutex<Vec<Record>> = Mutex::new(Vec::new());

/// One line of the log.
pub(crate) struct Record {
    pub(crate) level: Level,
    /// Who says it, and all of what is said.
    pub(crate) text: String,
}

/// What was logged so far, since the first call. At every level there is.
pub(crate) fn records() -> MutexGuard<'static, Vec<Record>> {
    static COLLECTS: Once = Once::new();
    COLLECTS.call_once(|| {
        tracing::subscriber::set_global_default(Collector).expect("nobody else collects");
        log::set_logger(&Collector).expect("nobody else collects");
        log::set_max_level(log::LevelFilter::Trace);
    });
    locked()
}

fn locked() -> MutexGuard<'static, Vec<Record>> {
    RECORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Collector;

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut text = Text::of(attributes.metadata());
        attributes.record(&mut text);
        text.keep(*attributes.metadata().level());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        text.keep(Level::ERROR);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::of(event.metadata());
        event.record(&mut text);
        text.keep(*event.metadata().level());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl log::Log for Collector {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let level = match record.level() {
            log::Level::Error => Level::ERROR,
            log::Level::Warn => Level::WARN,
            log::Level::Info => Level::INFO,
            log::Level::Debug => Level::DEBUG,
            log::Level::Trace => Level::TRACE,
        };
        Text(format!("{} {}", record.target(), record.args())).keep(level);
    }

    fn flush(&self) {}
}

/// What a record says, as it is put together.
struct Text(String);

impl Text {
    fn of(metadata: &Metadata<'_>) -> Self {
        Self(format!("{} {}", metadata.target(), metadata.name()))
    }

    fn keep(self, level: Level) {
        let Self(text) = self;
        locked().push(Record { level, text });
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").expect("a string takes everything");
    }
}
