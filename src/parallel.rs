//! Work on many things that do not depend on each other, on all processors.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle, available_parallelism, scope};

use crate::error::{Error, Result};

/// Stack of a thread that works, in bytes. Syntax trees are as deep as the expressions that people write, and are
/// walked recursively; the memory is taken only as far as it is used.
pub const STACK: usize = 1 << 30;

/// Things that are worth a thread.
const CHUNK: usize = 512;

/// More threads than this wait for memory instead of each other.
const THREADS: usize = 8;

/// The results of `work` for all `items`, in their order.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = available_parallelism().map_or(1, NonZero::get).min(THREADS).min(items.len() / CHUNK);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    scope(|scope| {
        let parts: Vec<_> = items
            .chunks(items.len().div_ceil(threads))
            .map(|part| {
                let thread = Builder::new().stack_size(STACK);
                // a machine that gives no thread does the part later on this one
                (part, thread.spawn_scoped(scope, || part.iter().map(work).collect::<Vec<R>>()).ok())
            })
            .collect();
        let mut out = Vec::with_capacity(items.len());
        for (part, thread) in parts {
            match thread.map(|thread| thread.join()) {
                Some(Ok(results)) => out.extend(results),
                Some(Err(panic)) => resume_unwind(panic),
                None => out.extend(part.iter().map(work)),
            }
        }
        out
    })
}

/// The results of `work` for all `items`, in their order, where each is much work; `threads` work at it at most, and
/// each takes the next item when it is done with one.
pub fn share<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = available_parallelism().map_or(1, NonZero::get).min(THREADS).min(items.len()).min(threads);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = vec![];
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            match items.get(at) {
                Some(item) => done.push((at, work(item))),
                None => return done,
            }
        }
    };
    let mut done = scope(|scope| {
        let start = |_| Builder::new().stack_size(STACK).spawn_scoped(scope, take).ok();
        // this thread works too, so a machine that gives no other only takes longer
        let others: Vec<_> = (1..threads).map_while(start).collect();
        let mut done = take();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Frees what is not needed any more while others go on.
pub fn discard<T: Send + 'static>(it: T) {
    // without a thread it is freed at once
    let _ = Builder::new().stack_size(STACK).spawn(move || drop(it));
}

/// A result that another thread works on.
pub struct Later<R>(JoinHandle<R>);

impl<R: Send + 'static> Later<R> {
    /// Starts the work. Errors: the system gives no thread.
    pub fn start(work: impl FnOnce() -> R + Send + 'static) -> Result<Self> {
        let thread = Builder::new().stack_size(STACK).spawn(work);
        thread.map(Self).map_err(|error| Error::new("no thread can be started").cause(error))
    }

    /// Waits for the result.
    pub fn wait(self) -> R {
        self.0.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// The results of two works.
pub fn both<A: Send, B>(one: impl FnOnce() -> A + Send, two: impl FnOnce() -> B) -> Result<(A, B)> {
    scope(|scope| {
        let one = Builder::new().stack_size(STACK).spawn_scoped(scope, one);
        let one = one.map_err(|error| Error::new("no thread can be started").cause(error))?;
        let two = two();
        Ok((one.join().unwrap_or_else(|panic| resume_unwind(panic)), two))
    })
}

#[cfg(test)]
mod tests {
    use super::{map, share};

    #[test]
    fn keeps_the_order() {
        let many: Vec<usize> = (0..5000).collect();
        assert_eq!(map(&many, |n| n * 2), many.iter().map(|n| n * 2).collect::<Vec<_>>());
        assert_eq!(share(&many, 4, |n| n * 2), map(&many, |n| n * 2));
        assert!(map(&[] as &[usize], |n| n * 2).is_empty());
    }
}
