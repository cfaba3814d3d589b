//! An applied description.

use std::{borrow::Cow, sync::Arc};

use rill_sdp::Session;

use crate::{SdpType, SessionDescription};

/// An applied description: its kind, and what it says.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) kind: SdpType,
    words: Words,
}

/// What a description says. As types while candidates are added to it; as text, a tenth of the memory,
/// while nobody asks.
#[derive(Clone, Debug)]
enum Words {
    Types(Box<Session>),
    Text(Arc<str>),
}

impl Description {
    pub(crate) fn new(kind: SdpType, session: Session) -> Self {
        Self {
            kind,
            words: Words::Types(Box::new(session)),
        }
    }

    pub(crate) fn session(&self) -> Cow<'_, Session> {
        match &self.words {
            Words::Types(session) => Cow::Borrowed(session),
            Words::Text(text) => Cow::Owned(parsed(text)),
        }
    }

    pub(crate) fn session_mut(&mut self) -> &mut Session {
        if let Words::Text(text) = &self.words {
            self.words = Words::Types(Box::new(parsed(text)));
        }
        match &mut self.words {
            Words::Types(session) => session,
            Words::Text(_) => unreachable!("parsed above"),
        }
    }

    pub(crate) fn to_text(&self) -> SessionDescription {
        let text = match &self.words {
            Words::Types(session) => session.to_string(),
            Words::Text(text) => text.to_string(),
        };
        SessionDescription::new(self.kind, text)
    }

    /// Keeps the text alone, where it says all that the types do.
    pub(crate) fn rest(&mut self) {
        if let Words::Types(session) = &self.words {
            let text = session.to_string();
            if Session::parse(&text).as_ref() == Ok(&**session) {
                self.words = Words::Text(text.into());
            }
        }
    }
}

/// The types of a text that [`Description::rest`] has tried.
fn parsed(text: &str) -> Session {
    Session::parse(text).expect("parsed before")
}
