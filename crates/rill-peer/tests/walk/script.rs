//! A walk as data: what is done, in what setting. One number gives it.

use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use crate::{
    action::Action, dice::Dice, log::Log, setting::Setting, violation::Violation, walk::Walk,
};

/// A walk that is yet to be gone.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) seed: u64,
    pub(crate) actions: Vec<Action>,
    setting: Setting,
}

impl Script {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let setting = Setting::draw(seed, &mut dice);
        // Most are short; the long ones find what takes patience.
        let most = [8, 20, 20, 40, 80][dice.below(5)];
        let length = 3 + dice.below(most);
        Self {
            seed,
            actions: (0..length).map(|_| Action::draw(&mut dice)).collect(),
            setting,
        }
    }

    /// The same with other actions.
    pub(crate) fn with(&self, actions: Vec<Action>) -> Self {
        Self {
            actions,
            ..self.clone()
        }
    }

    /// Goes the walk. A panic of the connection is a violation as well.
    pub(crate) fn run(&self, log: &Log) -> Result<(), Violation> {
        install_hook();
        // Outside of what may panic, so that the simulation is dropped in peace.
        let mut walk = Walk::new(&self.setting);
        walk.keep_log(log);
        WALKING.with_borrow_mut(|place| *place = Some(String::new()));
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| walk.run(&self.actions)));
        let message = WALKING.with_borrow_mut(Option::take).unwrap_or_default();
        outcome.unwrap_or_else(|_| Err(Violation::new(format!("panic: {message}"), "")))
    }
}

thread_local! {
    /// The message of the panic of the walk that this thread goes, if it goes one.
    static WALKING: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics of walks are kept, all others shown as ever.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let kept = WALKING.with_borrow_mut(|place| {
                let walking = place.is_some();
                if walking {
                    *place = Some(info.to_string());
                }
                walking
            });
            if !kept {
                before(info);
            }
        }));
    });
}
