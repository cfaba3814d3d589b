use std::time::Instant;

/// When the driver wakes up by itself.
#[derive(Default)]
pub(crate) struct Alarm {
    at: Option<Instant>,
    /// A message was sent past the driver since it was set.
    passed: bool,
}

impl Alarm {
    /// A message is sent past the driver.
    pub(crate) fn pass(&mut self) {
        self.passed = true;
    }

    /// For what the core waits for now. While messages are sent past the driver it stays where it was if
    /// that is earlier: the next one need not wake the driver to have it set back.
    pub(crate) fn set(&mut self, now: Instant, timeout: Option<Instant>) -> Option<Instant> {
        let passed = std::mem::take(&mut self.passed);
        let stays =
            |at: &Instant| passed && *at > now && timeout.is_none_or(|timeout| *at < timeout);
        self.at = self.at.filter(stays).or(timeout);
        self.at
    }

    /// Whether it is early enough for this.
    pub(crate) fn covers(&self, timeout: Option<Instant>) -> bool {
        timeout.is_none_or(|timeout| self.at.is_some_and(|at| at <= timeout))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_early_alarm_stays_while_messages_pass() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut alarm = Alarm::default();
        assert_eq!(alarm.set(at(0), Some(at(5000))), Some(at(5000)));
        alarm.pass();
        assert!(
            !alarm.covers(Some(at(200))),
            "too late for a retransmission"
        );
        assert_eq!(alarm.set(at(0), Some(at(200))), Some(at(200)));
        // Acknowledged; the next message needs one no earlier than that.
        alarm.pass();
        assert_eq!(alarm.set(at(1), Some(at(5000))), Some(at(200)));
        alarm.pass();
        assert!(alarm.covers(Some(at(202))));
        assert!(alarm.covers(None));
        // It has rung, for nothing.
        assert_eq!(alarm.set(at(200), Some(at(5000))), Some(at(5000)));
        assert!(!alarm.covers(Some(at(400))));
    }

    #[test]
    fn without_messages_it_is_what_the_core_waits_for() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut alarm = Alarm::default();
        assert!(!alarm.covers(Some(at(1))), "it was never set");
        alarm.set(at(0), Some(at(100)));
        assert_eq!(alarm.set(at(1), Some(at(300))), Some(at(300)));
        assert_eq!(alarm.set(at(2), Some(at(200))), Some(at(200)));
        assert_eq!(alarm.set(at(3), None), None);
        assert!(!alarm.covers(Some(at(900))));
    }
}
