use std::sync::Arc;

use napi::{
    Env, Result, Status,
    bindgen_prelude::Function,
    check_status, sys,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};

/// Without a reference: alone, it does not keep the process alive.
type WeakFunction = ThreadsafeFunction<(), (), (), Status, false, true>;

/// Tells JavaScript, from any thread, that there are tasks.
#[derive(Clone)]
pub(crate) struct Wake(Arc<WeakFunction>);

impl Wake {
    pub(crate) fn new(function: &Function<'_, (), ()>) -> Result<Self> {
        let builder = function.build_threadsafe_function::<()>();
        let function = builder.callee_handled::<false>().weak::<true>().build()?;
        Ok(Self(Arc::new(function)))
    }

    pub(crate) fn wake(&self) {
        // An environment that is being torn down refuses; then nobody waits for tasks either.
        let _: Status = self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// From now on the process stays alive for it.
    pub(crate) fn refer(&self, env: &Env) -> Result<()> {
        self.alive(|function| {
            // SAFETY: the function was not released, and `env` is the one it was made in, because
            // both belong to one object of JavaScript, which never leaves its thread.
            unsafe { sys::napi_ref_threadsafe_function(env.raw(), function) }
        })
    }

    /// From now on the process does not stay alive for it.
    pub(crate) fn unref(&self, env: &Env) -> Result<()> {
        self.alive(|function| {
            // SAFETY: as in `refer`.
            unsafe { sys::napi_unref_threadsafe_function(env.raw(), function) }
        })
    }

    fn alive(
        &self,
        call: impl FnOnce(sys::napi_threadsafe_function) -> sys::napi_status,
    ) -> Result<()> {
        self.0.handle.with_read_aborted(|aborted| {
            if aborted {
                Ok(())
            } else {
                check_status!(call(self.0.raw()))
            }
        })
    }
}
