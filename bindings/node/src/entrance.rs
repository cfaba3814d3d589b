use std::{
    cell::Cell,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use napi::{
    Env, Result, Status,
    bindgen_prelude::FunctionRef,
    check_status, sys,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};

/// The function of one connection, which says that it has a task: true for one that a call of
/// JavaScript has caused.
pub(crate) type Target = Arc<FunctionRef<bool, ()>>;

/// Without a reference: alone, it does not keep the process alive.
type WeakFunction = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The one way into JavaScript for all connections of an environment. It keeps the order in which
/// their tasks became ready, on whichever thread that was.
#[derive(Clone)]
pub(crate) struct Entrance {
    function: Arc<WeakFunction>,
    waiting: Arc<Mutex<Waiting>>,
    /// How many connections the process stays alive for.
    held: Rc<Cell<usize>>,
}

/// Who has a task, and was not told to JavaScript yet.
#[derive(Default)]
struct Waiting {
    /// One entry for each task.
    targets: Vec<Target>,
    /// The function was called, and comes for everything that waits then.
    called: bool,
    /// A call of JavaScript has caused some of it: it is told when that call returns.
    caused: bool,
}

/// The half of an entrance that any thread may hold.
pub(crate) struct Bell {
    function: Arc<WeakFunction>,
    waiting: Arc<Mutex<Waiting>>,
    javascript: ThreadId,
}

impl Entrance {
    /// That of an environment, made for its first connection.
    pub(crate) fn of(env: &Env) -> Result<Self> {
        if let Some(entrance) = env.get_instance_data::<Self>()? {
            return Ok(entrance.clone());
        }
        let entrance = Self::new(env)?;
        env.set_instance_data(entrance.clone(), (), |_| ())?;
        Ok(entrance)
    }

    fn new(env: &Env) -> Result<Self> {
        let waiting = Arc::<Mutex<Waiting>>::default();
        let theirs = Arc::clone(&waiting);
        // The work is done by what converts the arguments, which runs right before.
        let nothing = env.create_function_from_closure::<(), (), _>("wake", |_| Ok(()))?;
        let function = nothing
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .weak::<true>()
            .build_callback(move |call| {
                lock(&theirs).called = false;
                tell(&call.env, &theirs, false)
            })?;
        Ok(Self {
            function: Arc::new(function),
            waiting,
            held: Rc::default(),
        })
    }

    /// For whoever has tasks; made on the thread of JavaScript.
    pub(crate) fn bell(&self) -> Bell {
        Bell {
            function: Arc::clone(&self.function),
            waiting: Arc::clone(&self.waiting),
            javascript: thread::current().id(),
        }
    }

    /// Tells what waits, if the call of JavaScript that returns now has caused some of it. By way of
    /// the function it would come a round of Node's loop later, behind the timers of the page.
    pub(crate) fn ring(&self, env: &Env) {
        if lock(&self.waiting).caused {
            // It fails in an environment that is being torn down: nobody waits for tasks there.
            let _: Result<()> = tell(env, &self.waiting, true);
        }
    }

    /// One connection more, or less, for which the process stays alive.
    pub(crate) fn hold(&self, env: &Env, more: bool) -> Result<()> {
        let before = self.held.get();
        let now = if more {
            before + 1
        } else {
            before.saturating_sub(1)
        };
        self.held.set(now);
        match (before, now) {
            (0, 1..) => self.alive(|function| {
                // SAFETY: the function was not released, and `env` is the one it was made in,
                // because both belong to objects of JavaScript, which never leave their thread.
                unsafe { sys::napi_ref_threadsafe_function(env.raw(), function) }
            }),
            (1.., 0) => self.alive(|function| {
                // SAFETY: as above.
                unsafe { sys::napi_unref_threadsafe_function(env.raw(), function) }
            }),
            _ => Ok(()),
        }
    }

    fn alive(
        &self,
        call: impl FnOnce(sys::napi_threadsafe_function) -> sys::napi_status,
    ) -> Result<()> {
        self.function.handle.with_read_aborted(|aborted| {
            if aborted {
                Ok(())
            } else {
                check_status!(call(self.function.raw()))
            }
        })
    }
}

impl Bell {
    /// Takes a place for a task.
    pub(crate) fn push(&self, target: Target) {
        let mut waiting = lock(&self.waiting);
        waiting.targets.push(target);
        if thread::current().id() == self.javascript {
            waiting.caused = true;
        } else if !waiting.called {
            waiting.called = true;
            drop(waiting);
            // An environment that is being torn down refuses; then nobody waits for tasks either.
            let _: Status = self
                .function
                .call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

/// Tells JavaScript about everything that waits, in order.
fn tell(env: &Env, waiting: &Mutex<Waiting>, caused: bool) -> Result<()> {
    let targets = {
        let mut waiting = lock(waiting);
        waiting.caused = false;
        std::mem::take(&mut waiting.targets)
    };
    targets
        .iter()
        .try_for_each(|target| target.borrow_back(env)?.call(caused))
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    // Nothing panics while it is held.
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
