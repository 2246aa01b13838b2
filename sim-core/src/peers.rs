//! The exchange between several members: parcels as bytes, over any transport.
//!
//! Owns what goes to whom and how answers are combined. Guarantees that every member has the same sums and the same order of
//! items, wherever shards are placed. How bytes travel is not decided here.

use crate::exchange::{Exchange, ExchangeError, Owned, Parcel, Phase, Sum, Wire};
use crate::ids::ShardId;
use crate::placement::Placement;
use std::sync::{Arc, Condvar, Mutex};

/// Buffers of one member in one phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    /// For everybody.
    pub all: Vec<u8>,
    /// For each member, by place; that of the sender is empty.
    pub each: Vec<Vec<u8>>,
}

/// What came from one member: its buffer for everybody and the one for this member.
pub type Received = (Vec<u8>, Vec<u8>);

/// Moves bytes between members.
pub trait Transport {
    /// Publishes `buffers` and returns what came from each member, by place; nothing from this one.
    ///
    /// # Errors
    /// If a member is lost.
    fn swap(&mut self, phase: Phase, buffers: Buffers) -> Result<Vec<Received>, ExchangeError>;
}

/// An exchange with other members.
pub struct Peers<T> {
    transport: T,
    placement: Placement,
    shards: u32,
    /// Places of tallies that each member owns.
    owned: Vec<Vec<u32>>,
}

impl<T: Transport> Peers<T> {
    /// The exchange of the member at `placement` of a run with so many shards; `owned` are the places of tallies by member.
    ///
    /// # Panics
    /// If `owned` has not one list for each member.
    #[must_use]
    pub fn new(transport: T, placement: Placement, shards: u32, owned: Vec<Vec<u32>>) -> Peers<T> {
        assert_eq!(owned.len(), placement.members as usize, "one list of places for each member");
        Peers { transport, placement, shards, owned }
    }

    /// The transport.
    pub fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    fn others(&self) -> impl Iterator<Item = usize> + use<T> {
        let place = self.placement.place as usize;
        (0..self.placement.members as usize).filter(move |&other| other != place)
    }

    fn swap(&mut self, phase: Phase, buffers: Buffers) -> Result<Vec<Received>, ExchangeError> {
        let received = self.transport.swap(phase, buffers)?;
        assert_eq!(received.len(), self.placement.members as usize, "an answer of each member");
        Ok(received)
    }
}

impl<T: Transport> Exchange for Peers<T> {
    fn exchange<A: Sum + Wire, B: Owned, C: Ord + Wire, D: Ord + Wire>(
        &mut self,
        phase: Phase,
        parcel: Parcel<A, B, C, D>,
    ) -> Result<Parcel<A, B, C, D>, ExchangeError> {
        let members = self.placement.members;
        let place = self.placement.place as usize;
        let Parcel { mut everyone, mut owners, mail, mut items } = parcel;
        let mut letters: Vec<Vec<(ShardId, C)>> = (0..members).map(|_| Vec::new()).collect();
        for (shard, letter) in mail {
            letters[Placement::host_of(shard.0, self.shards, members) as usize].push((shard, letter));
        }
        let mut buffers = Buffers { all: encode(&(&everyone, &items)), each: vec![Vec::new(); members as usize] };
        for other in self.others() {
            buffers.each[other] = encode(&(owners.select(&self.owned[other]), &letters[other]));
        }
        let mut mail = std::mem::take(&mut letters[place]);
        let received = self.swap(phase, buffers)?;
        for other in self.others() {
            let (all, own) = &received[other];
            let (sum, found): (A, Vec<D>) = decode(phase, all)?;
            let (part, letters): (B, Vec<(ShardId, C)>) = decode(phase, own)?;
            everyone.add(&sum);
            items.extend(found);
            owners.add_at(&self.owned[place], &part);
            mail.extend(letters);
        }
        mail.sort_unstable();
        items.sort_unstable();
        Ok(Parcel { everyone, owners, mail, items })
    }

    fn deal<U: Wire>(&mut self, phase: Phase, parts: Vec<U>) -> Result<Vec<U>, ExchangeError> {
        assert_eq!(parts.len(), self.placement.members as usize, "a part for each member");
        let place = self.placement.place as usize;
        let mut buffers = Buffers { all: Vec::new(), each: vec![Vec::new(); parts.len()] };
        let mut own = None;
        for (other, part) in parts.into_iter().enumerate() {
            if other == place { own = Some(part) } else { buffers.each[other] = encode(&part) }
        }
        let received = self.swap(phase, buffers)?;
        let answers = received.iter().enumerate().map(|(other, (_, bytes))| match other == place {
            true => Ok(own.take().expect("there is one part of its own")),
            false => decode(phase, bytes),
        });
        answers.collect()
    }
}

fn encode<T: serde::Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data can be encoded")
}

fn decode<T: Wire>(phase: Phase, bytes: &[u8]) -> Result<T, ExchangeError> {
    let fail = |cause: String| ExchangeError { phase, cause };
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|error| fail(format!("a buffer cannot be read: {error}")))?;
    if rest.is_empty() { Ok(value) } else { Err(fail(format!("a buffer has {} bytes too many", rest.len()))) }
}

/// Members in threads of one process.
pub struct Threads {
    place: usize,
    round: u64,
    table: Arc<Table>,
}

/// Where members put their buffers.
struct Table {
    /// Buffers of a round by member; a round is over when all have read it.
    state: Mutex<Round>,
    changed: Condvar,
}

struct Round {
    number: u64,
    put: Vec<Option<(Phase, Buffers)>>,
    readers: usize,
}

impl Threads {
    /// So many members that know each other.
    #[must_use]
    pub fn new(members: u32) -> Vec<Threads> {
        let state = Mutex::new(Round { number: 0, put: vec![None; members as usize], readers: 0 });
        let table = Arc::new(Table { state, changed: Condvar::new() });
        (0..members as usize).map(|place| Threads { place, round: 0, table: Arc::clone(&table) }).collect()
    }
}

impl Transport for Threads {
    fn swap(&mut self, phase: Phase, buffers: Buffers) -> Result<Vec<Received>, ExchangeError> {
        const NO_PANIC: &str = "no member panics while it holds the table";
        let state = self.table.state.lock().expect(NO_PANIC);
        let mut state = self.table.changed.wait_while(state, |round| round.number != self.round).expect(NO_PANIC);
        state.put[self.place] = Some((phase, buffers));
        self.table.changed.notify_all();
        let full = |round: &mut Round| round.put.iter().any(Option::is_none);
        let mut state = self.table.changed.wait_while(state, full).expect(NO_PANIC);
        let answers = state.put.iter().enumerate().map(|(other, put)| {
            let (theirs, buffers) = put.as_ref().expect("all have put");
            assert_eq!(*theirs, phase, "members are in the same phase");
            if other == self.place { Received::default() } else { (buffers.all.clone(), buffers.each[self.place].clone()) }
        });
        let answers = answers.collect();
        state.readers += 1;
        if state.readers == state.put.len() {
            state.put.fill(None);
            (state.readers, state.number) = (0, state.number + 1);
            self.table.changed.notify_all();
        }
        self.round += 1;
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Counts(#[serde(with = "crate::columns")] Vec<i64>);
    impl Sum for Counts {
        fn add(&mut self, other: &Counts) {
            crate::money::add_columns(&mut self.0, &other.0);
        }
    }
    impl Owned for Counts {
        fn select(&self, places: &[u32]) -> Counts {
            Counts(places.iter().map(|&place| self.0[place as usize]).collect())
        }
        fn add_at(&mut self, places: &[u32], part: &Counts) {
            places.iter().zip(&part.0).for_each(|(&place, value)| self.0[place as usize] += value);
        }
    }

    /// The parcel of a member, made of all that the members of a run of one would send.
    fn parcel(placement: Placement) -> Parcel<Counts, Counts, u64, u32> {
        let hosts = placement.hosts(12);
        let column = |shift: i64| (0..10).map(|place| hosts.clone().map(|shard| i64::from(shard) * place + shift - shift).sum()).collect();
        Parcel {
            everyone: Counts(column(1)),
            owners: Counts(column(2)),
            mail: hosts.clone().map(|shard| (ShardId((shard * 5) % 12), u64::from(shard))).collect(),
            items: hosts.map(|shard| 100 - shard).collect(),
        }
    }

    #[test]
    fn members_agree_with_one_process() {
        let expected = crate::exchange::Local.exchange(Phase::Settled, parcel(Placement::ALONE)).expect("local");
        for members in [1u32, 2, 3, 5] {
            let owned: Vec<Vec<u32>> = (0..members).map(|m| (0..10).filter(|place| place % members == m).collect()).collect();
            let run = |(placement, transport): (Placement, Threads)| {
                let mut peers = Peers::new(transport, placement, 12, owned.clone());
                (0..3).map(|_| peers.exchange(Phase::Settled, parcel(placement)).expect("threads")).next_back().expect("three")
            };
            let got: Vec<_> = std::thread::scope(|scope| {
                let all = Placement::all(members).zip(Threads::new(members));
                let running: Vec<_> = all.map(|member| scope.spawn(|| run(member))).collect();
                running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            let mail: Vec<_> = got.iter().flat_map(|parcel| parcel.mail.clone()).collect();
            assert_eq!(mail, expected.mail, "{members} members");
            for (member, parcel) in got.iter().enumerate() {
                assert_eq!((&parcel.everyone, &parcel.items), (&expected.everyone, &expected.items), "{members} members");
                for &place in &owned[member] {
                    assert_eq!(parcel.owners.0[place as usize], expected.owners.0[place as usize], "{members} members");
                }
            }
        }
    }

    #[test]
    fn parts_are_dealt_by_place() {
        let mut threads = Threads::new(2).into_iter();
        let (one, two) = (threads.next().expect("two"), threads.next().expect("two"));
        let deal = |transport, place: u32| {
            let mut peers = Peers::new(transport, Placement { members: 2, place }, 4, vec![vec![]; 2]);
            peers.deal(Phase::Rows, vec![(place, 0u32), (place, 1)]).expect("threads")
        };
        let second = std::thread::spawn(move || deal(two, 1));
        assert_eq!(deal(one, 0), [(0, 0), (1, 0)]);
        assert_eq!(second.join().expect("no panic"), [(0, 1), (1, 1)]);
    }

    #[test]
    fn a_buffer_that_is_cut_is_refused() {
        assert!(decode::<(u32, Vec<u64>)>(Phase::Rows, &encode(&(3u32, vec![1u64, 2]))[..3]).is_err());
        assert!(decode::<u32>(Phase::Rows, &[1, 2]).is_err());
    }
}
