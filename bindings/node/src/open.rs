use std::ops::Deref;

use napi::Env;
use rill::binding::Connection;

use crate::wake::Wake;

/// An open connection for the length of one call of JavaScript. At its end, when nothing is locked,
/// JavaScript is told about the tasks that the call has caused.
pub(crate) struct Open<'call> {
    connection: &'call Connection,
    wake: &'call Wake,
    env: &'call Env,
}

impl<'call> Open<'call> {
    pub(crate) fn new(connection: &'call Connection, wake: &'call Wake, env: &'call Env) -> Self {
        Self {
            connection,
            wake,
            env,
        }
    }
}

impl Deref for Open<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.wake.ring(self.env);
    }
}
