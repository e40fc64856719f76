//! Order by key: jobs of one key are worked on one at a time, in the order they came; other jobs do not wait for them.
//!
//! In: jobs with an optional key. Out: jobs that may be worked on now. A key's next job is free only when the one before
//! it is finished. Memory: as many jobs as were put in and not yet finished; the caller bounds those.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Semaphore;

/// The lanes of one consumer.
pub(crate) struct Lanes<J> {
    jobs: Mutex<Jobs<J>>,
    /// One permit for each free job; closed when no more jobs will come.
    free: Semaphore,
}

struct Jobs<J> {
    free: VecDeque<J>,
    /// For each key that is being worked on or free to be: the jobs behind that one.
    behind: HashMap<Bytes, VecDeque<J>>,
    idle_workers: usize,
}

impl<J> Lanes<J> {
    pub(crate) fn new() -> Self {
        let jobs = Jobs { free: VecDeque::new(), behind: HashMap::new(), idle_workers: 0 };
        Self { jobs: Mutex::new(jobs), free: Semaphore::new(0) }
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
        self.free.add_permits(1);
        jobs.free.len() > jobs.idle_workers
    }

    /// The next free job; `None` when no more will come.
    pub(crate) async fn next(&self) -> Option<J> {
        self.jobs().idle_workers += 1;
        let permit = self.free.acquire().await;
        let mut jobs = self.jobs();
        jobs.idle_workers -= 1;
        // After closing there are no permits, but what is free is still to be done.
        if let Ok(permit) = permit {
            permit.forget();
        }
        jobs.free.pop_front()
    }

    /// The job of this key is finished: the one behind it is free.
    pub(crate) fn finish(&self, key: &Bytes) {
        let mut jobs = self.jobs();
        match jobs.behind.get_mut(key).and_then(VecDeque::pop_front) {
            None => drop(jobs.behind.remove(key)),
            Some(job) => {
                jobs.free.push_back(job);
                self.free.add_permits(1);
            }
        }
    }

    /// The job of this key goes back unfinished: takes out those behind it, in order, since they would overtake it.
    pub(crate) fn give_back(&self, key: &Bytes) -> VecDeque<J> {
        self.jobs().behind.remove(key).unwrap_or_default()
    }

    /// No more jobs will come; workers end when nothing is free.
    pub(crate) fn close(&self) {
        self.free.close();
    }
}
