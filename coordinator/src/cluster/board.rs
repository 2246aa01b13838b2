//! The buffers that a worker has published, until all have fetched them.
//!
//! Guarantees that a published buffer stays as it is, that a buffer can be fetched again, and that a generation that is over is
//! refused. A buffer is dropped when the one after the next is published: by then every member has applied it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use prost::bytes::Bytes;
use sim_core::digest::{hash_bytes, hash_of};
use sim_core::peers::Buffers;
use tokio::sync::watch;
use tonic::Status;

use crate::cluster::logic::Incarnation;
use crate::cluster::wire::{CHUNK_BYTES, Chunk, End, FetchRequest, chunk};

/// How long an asker waits for a buffer before it has to ask again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a worker publishes.
pub(crate) struct Board {
    run: String,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    generation: u64,
    members: Vec<Incarnation>,
    rounds: BTreeMap<u64, Arc<Round>>,
}

struct Round {
    all: Bytes,
    hash: u64,
    each: Vec<Bytes>,
}

impl Board {
    /// An empty board of a run.
    pub(crate) fn new(run: String) -> Self {
        Self { run, state: Mutex::default(), changed: watch::Sender::new(0) }
    }

    /// Begins a generation: buffers of the one before are gone.
    pub(crate) fn open(&self, generation: u64, members: Vec<Incarnation>) {
        *self.lock() = State { generation, members, rounds: BTreeMap::new() };
        self.changed.send_modify(|count| *count += 1);
    }

    /// Publishes the buffers of a round.
    pub(crate) fn publish(&self, generation: u64, number: u64, buffers: Buffers) {
        let all = Bytes::from(buffers.all);
        let round = Round { hash: hash_bytes(&all), all, each: buffers.each.into_iter().map(Bytes::from).collect() };
        let mut state = self.lock();
        if state.generation == generation {
            state.rounds.insert(number, Arc::new(round));
            state.rounds.retain(|kept, _| kept + 1 >= number);
        }
        drop(state);
        self.changed.send_modify(|count| *count += 1);
    }

    /// The chunks of a buffer, as soon as it is published.
    pub(crate) async fn find(&self, asked: &FetchRequest) -> Result<Vec<Chunk>, Status> {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if let Some(round) = self.look(asked)? {
                return Ok(chunks(&round, asked.place as usize));
            }
            if tokio::time::timeout(PATIENCE, changed.changed()).await.is_err() {
                return Err(Status::deadline_exceeded("not published yet"));
            }
        }
    }

    fn look(&self, asked: &FetchRequest) -> Result<Option<Arc<Round>>, Status> {
        let state = self.lock();
        let stale = |what: String| Err(Status::failed_precondition(what));
        if asked.run != self.run {
            return stale(format!("this is run {}, not {}", self.run, asked.run));
        }
        if asked.generation < state.generation {
            return stale(format!("generation {} is over, this is {}", asked.generation, state.generation));
        }
        if asked.generation > state.generation {
            return Ok(None);
        }
        if state.members.get(asked.place as usize) != Some(&Incarnation(asked.incarnation)) {
            return stale(format!("incarnation {} has no place {} in generation {}", asked.incarnation, asked.place, asked.generation));
        }
        if state.rounds.first_key_value().is_some_and(|(first, _)| asked.round < *first) {
            return stale(format!("round {} was fetched by all", asked.round));
        }
        Ok(state.rounds.get(&asked.round).cloned())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the board")
    }
}

/// A buffer as it travels: the length of the part for everybody, that part, the part for one, and what must have arrived.
fn chunks(round: &Round, place: usize) -> Vec<Chunk> {
    let each = &round.each[place];
    let length = Bytes::copy_from_slice(&(round.all.len() as u64).to_le_bytes());
    let mut pieces = vec![length];
    for part in [&round.all, each] {
        pieces.extend((0..part.len()).step_by(CHUNK_BYTES).map(|from| part.slice(from..part.len().min(from + CHUNK_BYTES))));
    }
    let end = End { chunks: pieces.len() as u32, bytes: (round.all.len() + each.len()) as u64 + 8, hash: combined(round.hash, each) };
    let data = pieces.into_iter().map(|piece| Chunk { body: Some(chunk::Body::Data(piece)) });
    data.chain([Chunk { body: Some(chunk::Body::End(end)) }]).collect()
}

/// Hash of a buffer from that of the part for everybody.
fn combined(all: u64, each: &[u8]) -> u64 {
    hash_of(all, &hash_bytes(each).to_le_bytes())
}

/// Puts the chunks of a buffer together and checks them.
#[derive(Default)]
pub(crate) struct Assembly {
    data: Vec<u8>,
    chunks: u32,
    is_complete: bool,
}

impl Assembly {
    /// Takes a chunk.
    pub(crate) fn take(&mut self, chunk: Chunk) -> Result<(), String> {
        match chunk.body {
            Some(chunk::Body::Data(piece)) if !self.is_complete => {
                self.data.extend_from_slice(&piece);
                self.chunks += 1;
                Ok(())
            }
            Some(chunk::Body::End(end)) if !self.is_complete => {
                let found = End { chunks: self.chunks, bytes: self.data.len() as u64, hash: self.hash() };
                self.is_complete = found == end;
                if self.is_complete { Ok(()) } else { Err(format!("a buffer arrived as {found:?}, announced as {end:?}")) }
            }
            _ => Err("a chunk is empty, or comes after the end".to_owned()),
        }
    }

    /// The part for everybody and the part for one, if all has arrived.
    pub(crate) fn finish(self) -> Result<(Vec<u8>, Vec<u8>), String> {
        if !self.is_complete {
            return Err(format!("a buffer was cut after {} bytes", self.data.len()));
        }
        let split = self.split();
        let mut all = self.data;
        let each = all.split_off(split);
        all.drain(..8);
        Ok((all, each))
    }

    fn split(&self) -> usize {
        let length = self.data.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8).min(self.data.len())
    }

    fn hash(&self) -> u64 {
        let split = self.split();
        let all = self.data.get(8..split).unwrap_or_default();
        combined(hash_bytes(all), &self.data[split..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(generation: u64, incarnation: u64, round: u64) -> FetchRequest {
        FetchRequest { run: "r".to_owned(), generation, incarnation, place: (incarnation - 1) as u32, round }
    }

    fn board() -> Board {
        let board = Board::new("r".to_owned());
        board.open(3, vec![Incarnation(1), Incarnation(2)]);
        board
    }

    fn assembled(chunks: Vec<Chunk>) -> Result<(Vec<u8>, Vec<u8>), String> {
        let mut assembly = Assembly::default();
        chunks.into_iter().try_for_each(|chunk| assembly.take(chunk))?;
        assembly.finish()
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn a_buffer_arrives_as_published_and_can_be_fetched_again() {
        let board = board();
        let (all, own) = (vec![7u8; CHUNK_BYTES + 5], vec![1u8, 2, 3]);
        board.publish(3, 0, Buffers { all: all.clone(), each: vec![vec![], own.clone()] });
        for _ in 0..2 {
            let chunks = now(board.find(&asked(3, 2, 0))).unwrap();
            assert_eq!(assembled(chunks).unwrap(), (all.clone(), own.clone()));
        }
        assert_eq!(assembled(now(board.find(&asked(3, 1, 0))).unwrap()).unwrap().1, Vec::<u8>::new());
    }

    #[test]
    fn what_is_cut_or_changed_is_not_applied() {
        let board = board();
        board.publish(3, 0, Buffers { all: vec![7; 100], each: vec![vec![], vec![1; 50]] });
        let chunks = || now(board.find(&asked(3, 2, 0))).unwrap();
        for left_out in 0..4 {
            let mut cut = chunks();
            cut.remove(left_out);
            assert!(assembled(cut).is_err(), "without chunk {left_out}");
        }
        for (at, byte) in [(0, 0), (1, 50), (2, 3)] {
            let mut changed = chunks();
            let Some(chunk::Body::Data(data)) = &changed[at].body else { panic!("data") };
            let mut bytes = data.to_vec();
            bytes[byte] ^= 1;
            changed[at].body = Some(chunk::Body::Data(bytes.into()));
            assert!(assembled(changed).is_err(), "chunk {at}, byte {byte}");
        }
    }

    #[test]
    fn strangers_and_the_late_are_refused() {
        let board = board();
        board.publish(3, 0, Buffers { all: vec![], each: vec![vec![], vec![]] });
        for (asked, said) in [
            (asked(2, 2, 0), "generation 2 is over, this is 3"),
            (FetchRequest { place: 0, ..asked(3, 2, 0) }, "incarnation 2 has no place 0"),
            (FetchRequest { run: "other".to_owned(), ..asked(3, 2, 0) }, "this is run r, not other"),
        ] {
            let refused = now(board.find(&asked)).unwrap_err();
            assert!(refused.message().contains(said), "{}", refused.message());
        }
    }
}
