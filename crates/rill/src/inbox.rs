use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use rill_peer::{ChannelError, ChannelId, DataChannelState, Event, Message, PeerConnection};
use tokio::sync::Notify;

/// How many unread events of a connection are kept. A reader that far behind is none; what comes
/// then is dropped, and a peer's channel is closed.
const UNREAD_EVENTS: usize = 16 * 1024;

/// The tasks of a connection, sorted for the handles that read them.
#[derive(Default)]
pub(crate) struct Inbox {
    events: VecDeque<Event>,
    /// Boxed, because most connections have few, and the table has room for more.
    channels: HashMap<ChannelId, Box<ChannelInbox>>,
    ended: bool,
    news: bool,
    /// Whose readers are to be woken once the lock is let go.
    woken: Vec<Arc<Notify>>,
}

/// What waits for the reader of one channel.
#[derive(Default)]
pub(crate) struct ChannelInbox {
    messages: VecDeque<Message>,
    pub(crate) error: Option<ChannelError>,
    /// Fires on messages and on every change of the channel.
    pub(crate) changed: Arc<Notify>,
}

impl Inbox {
    /// Sorts one event. The core's getters are already as of it, or later. Gives the channel that the
    /// event announced if there is no room for it.
    pub(crate) fn take(&mut self, event: Event, peer: &PeerConnection) -> Option<ChannelId> {
        match event {
            Event::Message(id, message) => {
                if let Some(channel) = self.channels.get_mut(&id) {
                    channel.messages.push_back(message);
                }
                self.wake(id);
            }
            Event::Error(id, error) => {
                if let Some(channel) = self.channels.get_mut(&id) {
                    channel.error = Some(error);
                }
            }
            Event::Open(id)
            | Event::Closing(id)
            | Event::Close(id)
            | Event::BufferedAmountLow(id) => self.wake(id),
            event => {
                self.news = true;
                let room = self.events.len() < UNREAD_EVENTS;
                if let Event::DataChannel(id) = event {
                    debug_assert!(peer.data_channel_state(id) != DataChannelState::Connecting);
                    if !room {
                        return Some(id);
                    }
                    self.channel(id);
                }
                if room {
                    self.events.push_back(event);
                }
            }
        }
        None
    }

    fn wake(&mut self, id: ChannelId) {
        let changed = self.channels.get(&id).map(|channel| &channel.changed);
        if let Some(changed) = changed
            && !self
                .woken
                .last()
                .is_some_and(|last| Arc::ptr_eq(last, changed))
        {
            self.woken.push(Arc::clone(changed));
        }
    }

    /// Those who wait for what has come since the last time.
    pub(crate) fn take_woken(&mut self) -> Vec<Arc<Notify>> {
        std::mem::take(&mut self.woken)
    }

    /// The connection is closed: readers are told.
    pub(crate) fn end(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.news = true;
        let readers = self.channels.values();
        self.woken
            .extend(readers.map(|channel| Arc::clone(&channel.changed)));
    }

    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// The next event, `Some(None)` when there will be no more.
    pub(crate) fn next_event(&mut self) -> Option<Option<Event>> {
        match self.events.pop_front() {
            Some(event) => {
                if self.events.is_empty() {
                    // Most of them come while the connection is made.
                    self.events = VecDeque::new();
                }
                Some(Some(event))
            }
            None => self.ended.then_some(None),
        }
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// The inbox of a channel, made when it is first spoken of.
    pub(crate) fn channel(&mut self, id: ChannelId) -> &mut ChannelInbox {
        self.channels.entry(id).or_default()
    }

    /// The channel's last handle is gone. Says the weight of what nobody will read.
    pub(crate) fn forget(&mut self, id: ChannelId) -> usize {
        let channel = self.channels.remove(&id);
        channel.map_or(0, |channel| {
            channel.messages.iter().map(Message::weight).sum()
        })
    }
}

impl ChannelInbox {
    pub(crate) fn next_message(&mut self) -> Option<Message> {
        self.messages.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Configuration;

    #[test]
    fn a_channel_that_no_reader_will_see_is_refused() {
        let peer = Configuration::default().make_peer().unwrap();
        let mut inbox = Inbox::default();
        let id = ChannelId::from_value(7);
        assert_eq!(inbox.take(Event::DataChannel(id), &peer), None);
        for _ in 0..2 * UNREAD_EVENTS {
            assert_eq!(inbox.take(Event::NegotiationNeeded, &peer), None);
        }
        let late = ChannelId::from_value(8);
        assert_eq!(inbox.take(Event::DataChannel(late), &peer), Some(late));
        assert_eq!(inbox.events.len(), UNREAD_EVENTS);
        assert!(inbox.channels.keys().eq([&id]), "nothing is kept of it");
    }
}
