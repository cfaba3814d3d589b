use std::{cell::Cell, sync::Arc};

use napi::{Env, Result, bindgen_prelude::Function};

use crate::entrance::{Entrance, Target};

/// Tells JavaScript, from any thread, that a connection has a task.
pub(crate) struct Wake {
    entrance: Entrance,
    target: Target,
    /// Whether the process stays alive for this connection.
    referenced: Cell<bool>,
}

impl Wake {
    pub(crate) fn new(env: &Env, function: &Function<'_, bool, ()>) -> Result<Self> {
        Ok(Self {
            entrance: Entrance::of(env)?,
            target: Arc::new(function.create_ref()?),
            referenced: Cell::new(false),
        })
    }

    /// What wakes, for any thread. On the one of JavaScript it only takes a place: [`Self::ring`]
    /// follows when the call that caused the task is done.
    pub(crate) fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let (bell, target) = (self.entrance.bell(), Arc::clone(&self.target));
        move || bell.push(Arc::clone(&target))
    }

    /// Hands over what a call of JavaScript has caused.
    pub(crate) fn ring(&self, env: &Env) {
        self.entrance.ring(env);
    }

    /// Whether the process stays alive for this connection from now on.
    pub(crate) fn set_referenced(&self, env: &Env, referenced: bool) -> Result<()> {
        if self.referenced.replace(referenced) == referenced {
            return Ok(());
        }
        self.entrance.hold(env, referenced)
    }
}
