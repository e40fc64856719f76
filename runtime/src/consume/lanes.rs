//! Order by key: jobs of one key are worked on one at a time, in the order they came; other jobs do not wait for them.
//!
//! In: jobs with an optional key. Out: jobs that may be worked on now. A key's next job is free only when the one before
//! it is finished. Memory: as many jobs as were put in and not yet finished; the caller bounds those.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// The lanes of one consumer.
pub(crate) struct Lanes<J> {
    jobs: Mutex<Jobs<J>>,
    /// Told when jobs become free while a worker waits, and when no more will come.
    changed: Notify,
}

struct Jobs<J> {
    free: VecDeque<J>,
    /// For each key that is being worked on or free to be: the jobs behind that one.
    behind: HashMap<Bytes, VecDeque<J>>,
    idle_workers: usize,
    /// A worker was woken and has not looked yet: it will wake the next one if there is more to do.
    waking: bool,
    closed: bool,
}

impl<J> Lanes<J> {
    pub(crate) fn new() -> Self {
        let jobs =
            Jobs { free: VecDeque::new(), behind: HashMap::new(), idle_workers: 0, waking: false, closed: false };
        Self { jobs: Mutex::new(jobs), changed: Notify::new() }
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs<J>> {
        // Nothing in here panics half way.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job in; true when it is free and no worker waits for one.
    pub(crate) fn push(&self, key: Option<&Bytes>, job: J) -> bool {
        let mut jobs = self.jobs();
        if let Some(key) = key {
            if let Some(behind) = jobs.behind.get_mut(key) {
                behind.push_back(job);
                return false;
            }
            jobs.behind.insert(key.clone(), VecDeque::new());
        }
        jobs.free.push_back(job);
        self.tell(&mut jobs);
        jobs.free.len() > jobs.idle_workers
    }

    /// Wakes a worker, if one waits.
    fn tell(&self, jobs: &mut Jobs<J>) {
        if jobs.idle_workers > 0 && !jobs.waking {
            jobs.waking = true;
            self.changed.notify_one();
        }
    }

    /// The next free job; `None` when no more will come.
    pub(crate) async fn next(&self) -> Option<J> {
        if let Some(job) = self.jobs().free.pop_front() {
            return Some(job);
        }
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            {
                let mut jobs = self.jobs();
                if let Some(job) = jobs.free.pop_front() {
                    return Some(job);
                }
                if jobs.closed {
                    return None;
                }
                // Whoever changes something from now on finds this worker waiting.
                changed.as_mut().enable();
                jobs.idle_workers += 1;
            }
            let idle = Idle(self);
            changed.await;
            drop(idle);
            let mut jobs = self.jobs();
            jobs.waking = false;
            if let Some(job) = jobs.free.pop_front() {
                if !jobs.free.is_empty() {
                    self.tell(&mut jobs);
                }
                return Some(job);
            }
        }
    }

    /// The job of this key is finished: the one behind it is free.
    pub(crate) fn finish(&self, key: &Bytes) {
        let mut jobs = self.jobs();
        match jobs.behind.get_mut(key).and_then(VecDeque::pop_front) {
            None => drop(jobs.behind.remove(key)),
            Some(job) => {
                jobs.free.push_back(job);
                self.tell(&mut jobs);
            }
        }
    }

    /// The job of this key goes back unfinished: takes out those behind it, in order, since they would overtake it.
    pub(crate) fn give_back(&self, key: &Bytes) -> VecDeque<J> {
        self.jobs().behind.remove(key).unwrap_or_default()
    }

    /// No more jobs will come; workers end when nothing is free.
    pub(crate) fn close(&self) {
        self.jobs().closed = true;
        self.changed.notify_waiters();
    }
}

/// A worker that waits; also one that is ended meanwhile waits no longer.
struct Idle<'l, J>(&'l Lanes<J>);

impl<J> Drop for Idle<'_, J> {
    fn drop(&mut self) {
        self.0.jobs().idle_workers -= 1;
    }
}
