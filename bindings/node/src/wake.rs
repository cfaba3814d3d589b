use std::{cell::Cell, rc::Rc, sync::Arc};

use napi::{
    Env, Result, Status,
    bindgen_prelude::{Function, FunctionRef},
    check_status, sys,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};

/// The function of one connection, which says that it has a task.
type Target = Arc<FunctionRef<(), ()>>;

/// Without a reference: alone, it does not keep the process alive.
type WeakFunction = ThreadsafeFunction<Target, (), (), Status, false, true>;

/// The one way into JavaScript for all connections of an environment. Node hands what several such
/// functions were called with to JavaScript in the order of the functions, not of the calls; this
/// one keeps the order in which connections became ready.
#[derive(Clone)]
struct Entrance {
    function: Arc<WeakFunction>,
    /// How many connections the process stays alive for.
    held: Rc<Cell<usize>>,
}

/// Tells JavaScript, from any thread, that a connection has a task.
pub(crate) struct Wake {
    entrance: Entrance,
    target: Target,
    /// Whether the process stays alive for this connection.
    referenced: Cell<bool>,
}

impl Wake {
    pub(crate) fn new(env: &Env, function: &Function<'_, (), ()>) -> Result<Self> {
        Ok(Self {
            entrance: Entrance::of(env)?,
            target: Arc::new(function.create_ref()?),
            referenced: Cell::new(false),
        })
    }

    /// What wakes, for the threads of the network.
    pub(crate) fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let (function, target) = (
            Arc::clone(&self.entrance.function),
            Arc::clone(&self.target),
        );
        move || {
            // An environment that is being torn down refuses; then nobody waits for tasks either.
            let _: Status =
                function.call(Arc::clone(&target), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Whether the process stays alive for this connection from now on.
    pub(crate) fn set_referenced(&self, env: &Env, referenced: bool) -> Result<()> {
        if self.referenced.replace(referenced) == referenced {
            return Ok(());
        }
        self.entrance.hold(env, referenced)
    }
}

impl Entrance {
    /// That of an environment, made for its first connection.
    fn of(env: &Env) -> Result<Self> {
        if let Some(entrance) = env.get_instance_data::<Self>()? {
            return Ok(entrance.clone());
        }
        let entrance = Self::new(env)?;
        env.set_instance_data(entrance.clone(), (), |_| ())?;
        Ok(entrance)
    }

    fn new(env: &Env) -> Result<Self> {
        // The work is done by what converts the arguments, which runs right before.
        let nothing = env.create_function_from_closure::<(), (), _>("wake", |_| Ok(()))?;
        let function = nothing
            .build_threadsafe_function::<Target>()
            .callee_handled::<false>()
            .weak::<true>()
            .build_callback(|call| call.value.borrow_back(&call.env)?.call(()))?;
        Ok(Self {
            function: Arc::new(function),
            held: Rc::default(),
        })
    }

    /// One connection more, or less, for which the process stays alive.
    fn hold(&self, env: &Env, more: bool) -> Result<()> {
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
