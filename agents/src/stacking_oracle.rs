//! The oracle of stacking: all subsets of all rules on all lines, with plain arithmetic of its own; slow and obvious.

use super::*;
use crate::bill::Bill;
use crate::catalog::{NO_LISTING, RIVALS};
use crate::instrument::{Audience, Instrument};
use crate::order::RulePart;
use crate::params::SEGMENTS;
use proptest::prelude::*;
use sim_core::money::Money;
use std::collections::VecDeque;

const ELSEWHERE: u32 = 9_000;

/// A random rule in a form that proptest shrinks well.
#[derive(Clone, Debug)]
struct Draft {
    kind: u8,
    size: u32,
    threshold: i64,
    depth_ppm: u32,
    cap: i64,
    checkout_cap: i64,
    stacking: u8,
    exclusive: Option<u8>,
    platform_ppm: u32,
}

fn draft() -> impl Strategy<Value = Draft> {
    let caps = || prop_oneof![Just(i64::MAX), 50i64..3_000];
    let size = (0u8..7, 1u32..450_000, 100i64..20_000, prop_oneof![Just(1_000_000u32), 100_000u32..2_500_000]);
    (size, (caps(), caps()), 0u8..3, prop::option::of(0u8..2), 0u32..=1_000_000).prop_map(
        |((kind, size, threshold, depth_ppm), (cap, checkout_cap), stacking, exclusive, platform_ppm)| {
            // a group holds rules of one stage
            let exclusive = exclusive.map(|group| if kind >= 4 { group + 2 } else { group });
            Draft { kind, size, threshold, depth_ppm, cap, checkout_cap, stacking, exclusive, platform_ppm }
        },
    )
}

impl Draft {
    fn promotion(&self) -> Promotion {
        let discount = (self.threshold * i64::from(self.size) / 500_000).max(1);
        let threshold = self.threshold;
        Promotion {
            instrument: match self.kind {
                0 => Instrument::Coupon { discount_ppm: self.size, reach: 1.0 },
                1 => Instrument::MemberCoupon { discount_ppm: self.size },
                2 => Instrument::InstantDiscount { discount_ppm: self.size },
                3 => Instrument::GapToLowest { share_ppm: self.size * 2, below_ppm: 10_000, lag: 0, floor_ppm: 300_000 },
                4 | 5 => Instrument::CrossShopDiscount { threshold, discount },
                _ => Instrument::ThresholdDiscount { threshold, discount },
            },
            platform_ppm: self.platform_ppm,
            categories: vec![true],
            segments: [true; SEGMENTS],
            audience: Audience::Members, // on the line, not on the shelf
            all_segments: true,
            participation: 1.0,
            cap: self.cap,
            checkout_cap: self.checkout_cap,
            budget_per_tick: Some(1),
            window: (0, 9),
            clawback: true,
            stacking: self.stacking,
            exclusive: self.exclusive,
        }
    }

    fn is_on_checkout(&self) -> bool {
        self.kind >= 4
    }

    fn is_optional(&self) -> bool {
        self.kind < 2
    }

    fn line_discount(&self, price: i64, list: i64) -> i64 {
        let deep = |ppm: u32| (i128::from(ppm) * i128::from(self.depth_ppm) / 1_000_000).min(1_000_000);
        let part = |amount: i64, ppm: i128| (i128::from(amount) * ppm / 1_000_000) as i64;
        let raw = if self.kind == 3 {
            let target = i64::from(ELSEWHERE) - part(i64::from(ELSEWHERE), deep(10_000));
            let floor = part(list, 300_000);
            part((price - target).max(0), deep(self.size * 2)).min((price - floor).max(0))
        } else {
            part(price, deep(self.size))
        };
        raw.min(self.cap).min(price / 2)
    }

    fn checkout_discount(&self, sum: i64) -> i64 {
        let discount = (self.threshold * i64::from(self.size) / 500_000).max(1);
        let raw = (i128::from(sum / self.threshold * discount) * i128::from(self.depth_ppm) / 1_000_000) as i64;
        raw.min(self.checkout_cap).min(sum / 2)
    }
}

fn listing(merchant: u32) -> Listing {
    Listing {
        merchant,
        platform: 0,
        category: 0,
        live: false,
        first_party: false,
        traits: [0; 8],
        quality: 0.5,
        unit_cost: 10,
        first_price: 100,
        popularity: 1.0,
        twins: [LINES as u32, NO_LISTING, NO_LISTING],
        rivals: [NO_LISTING; RIVALS],
        participation: 0.3,
        home: true,
    }
}

/// Splits by largest remainder the way a person would: floors, then a fen each to the largest remainders.
fn split_by_hand(amount: i64, weights: &[i64]) -> Vec<i64> {
    let total: i128 = weights.iter().map(|&w| i128::from(w)).sum();
    let mut parts: Vec<i64> = weights.iter().map(|&w| (i128::from(amount) * i128::from(w) / total) as i64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| (-(i128::from(amount) * i128::from(weights[i]) % total), i));
    let left = amount - parts.iter().sum::<i64>();
    for &i in order.iter().take(left as usize) {
        parts[i] += 1;
    }
    parts
}

/// Rules in the order in which they apply.
fn in_order(drafts: &[Draft]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|&r| (drafts[r].stacking, r));
    order
}

fn legal(drafts: &[Draft], chosen: u32, open: u32, on_checkout: bool) -> bool {
    let of_stage = |r: &usize| drafts[*r].is_on_checkout() == on_checkout && open >> r & 1 == 1;
    let within = (0..drafts.len()).filter(|r| chosen >> r & 1 == 1).all(|r| of_stage(&r));
    let forced = (0..drafts.len()).filter(of_stage).filter(|&r| {
        let free = drafts[r].exclusive.is_some() || (!on_checkout && drafts[r].is_optional());
        !free
    });
    let groups = (0..4u8).all(|g| (0..drafts.len()).filter(|&r| chosen >> r & 1 == 1 && drafts[r].exclusive == Some(g)).count() <= 1);
    within && groups && forced.into_iter().all(|r| chosen >> r & 1 == 1)
}

fn checkout_by_hand(drafts: &[Draft], items: &[Item], chosen: u32, prices: &mut [i64]) {
    for r in in_order(drafts).into_iter().filter(|r| chosen >> r & 1 == 1) {
        let mut shops: Vec<Vec<usize>> = Vec::new();
        for i in (0..items.len()).filter(|&i| items[i].rules >> r & 1 == 1) {
            let whole = drafts[r].kind < 6;
            match shops.iter_mut().find(|shop| whole || items[shop[0]].merchant == items[i].merchant) {
                Some(shop) => shop.push(i),
                None => shops.push(vec![i]),
            }
        }
        for shop in shops {
            let weights: Vec<i64> = shop.iter().map(|&i| prices[i]).collect();
            let discount = drafts[r].checkout_discount(weights.iter().sum());
            if discount > 0 {
                for (&i, part) in shop.iter().zip(split_by_hand(discount, &weights)) {
                    prices[i] -= part.min(drafts[r].cap);
                }
            }
        }
    }
}

/// The least that a check-out can cost: every subset of rules on every line, every subset on the check-out.
fn least_by_hand(drafts: &[Draft], items: &[Item]) -> i64 {
    let all = 1u32 << drafts.len();
    let mut ways: Vec<Vec<i64>> = vec![vec![]];
    for item in items {
        let open = u32::from(item.rules);
        let mut results: Vec<i64> = (0..all)
            .filter(|&chosen| legal(drafts, chosen, open, false))
            .map(|chosen| {
                let rules = in_order(drafts).into_iter().filter(|r| chosen >> r & 1 == 1);
                rules.fold(i64::from(item.shelf), |price, r| price - drafts[r].line_discount(price, i64::from(item.list_price)))
            })
            .collect();
        results.sort_unstable();
        results.dedup();
        ways = ways.iter().flat_map(|way| results.iter().map(|&price| [&way[..], &[price]].concat())).collect();
    }
    let open = items.iter().fold(0u32, |bits, item| bits | u32::from(item.rules));
    let choices: Vec<u32> = (0..all).filter(|&chosen| legal(drafts, chosen, open, true)).collect();
    let costs = ways.iter().flat_map(|way| choices.iter().map(move |&chosen| (way, chosen)));
    costs
        .map(|(way, chosen)| {
            let mut prices = way.clone();
            checkout_by_hand(drafts, items, chosen, &mut prices);
            prices.iter().sum()
        })
        .min()
        .expect("there is a legal choice")
}

struct Case {
    rules: Vec<Promotion>,
    stacking: Stacking,
    states: Vec<RuleState>,
    listings: Vec<Listing>,
    prices: Vec<u32>,
    items: Vec<Item>,
}

fn case(drafts: &[Draft], lines: &[(u32, u8, u16)]) -> Case {
    let rules: Vec<Promotion> = drafts.iter().map(Draft::promotion).collect();
    let mut listings: Vec<Listing> = lines.iter().map(|line| listing(u32::from(line.1))).collect();
    listings.resize(LINES + 1, listing(9));
    let prices = vec![ELSEWHERE; LINES + 1];
    let items = lines.iter().enumerate().map(|(i, &(price, merchant, covered))| Item {
        listing: i as u32,
        merchant: u32::from(merchant),
        list_price: price,
        shelf: price,
        rules: covered & ((1 << drafts.len()) - 1) as u16,
    });
    Case {
        stacking: Stacking::new(&rules),
        states: drafts.iter().map(|d| RuleState { depth_ppm: d.depth_ppm, available: i64::MAX, open: true }).collect(),
        items: items.collect(),
        rules,
        listings,
        prices,
    }
}

impl Case {
    fn with_menu<T>(&self, f: impl FnOnce(&Menu) -> T) -> T {
        let earlier = VecDeque::new();
        f(&Menu {
            rules: &self.rules,
            stacking: &self.stacking,
            states: &self.states,
            open: u16::MAX,
            quotes: Quotes { prices: &self.prices, earlier: &earlier },
            listings: &self.listings,
        })
    }
}

fn lines(most: usize) -> impl Strategy<Value = Vec<(u32, u8, u16)>> {
    prop::collection::vec((1u32..30_000, 0u8..3, 0u16..64), 1..=most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_legal_choice_is_cheaper(drafts in prop::collection::vec(draft(), 1..6), lines in lines(3)) {
        let case = case(&drafts, &lines);
        let deal = case.with_menu(|menu| menu.best(&case.items, &mut Scratch::default()));
        prop_assert_eq!(deal.prices.iter().sum::<i64>(), least_by_hand(&drafts, &case.items), "{:?}", deal);
        if case.items.len() == 1 && !drafts.iter().any(Draft::is_on_checkout) {
            prop_assert_eq!(case.with_menu(|menu| menu.line_price(&case.items[0])), deal.prices[0]);
        }
    }

    #[test]
    fn no_legal_choice_is_cheaper_for_a_full_cart(drafts in prop::collection::vec(draft(), 1..4), lines in lines(LINES)) {
        let case = case(&drafts, &lines);
        let deal = case.with_menu(|menu| menu.best(&case.items, &mut Scratch::default()));
        prop_assert_eq!(deal.prices.iter().sum::<i64>(), least_by_hand(&drafts, &case.items), "{:?}", deal);
    }

    #[test]
    fn every_fen_of_a_cart_has_a_funder_and_nothing_is_negative(drafts in prop::collection::vec(draft(), 1..8), lines in lines(LINES)) {
        let case = case(&drafts, &lines);
        let (deal, parts) = case.with_menu(|menu| {
            let deal = menu.best(&case.items, &mut Scratch::default());
            let mut parts = Vec::new();
            menu.parts(&case.items, &deal, |line, rule, discount| parts.push((line, rule, discount)));
            (deal, parts)
        });
        for (i, item) in case.items.iter().enumerate() {
            let given: i64 = parts.iter().filter(|(line, ..)| *line == i).map(|(.., discount)| discount).sum();
            prop_assert_eq!(i64::from(item.shelf) - given, deal.prices[i]);
            prop_assert!(deal.prices[i] >= 0);
            for (_, rule, discount) in parts.iter().filter(|(line, ..)| *line == i) {
                prop_assert!(*discount > 0 && *discount <= case.rules[*rule as usize].cap && item.rules >> rule & 1 == 1);
            }
        }
        for (r, rule) in case.rules.iter().enumerate() {
            let given: i64 = parts.iter().filter(|(_, used, _)| *used as usize == r).map(|(.., discount)| discount).sum();
            let shops = if rule.by_shop() { case.items.len() as i64 } else { 1 };
            prop_assert!(rule.threshold().is_none() || given <= rule.checkout_cap.saturating_mul(shops));
        }
    }

    #[test]
    fn returns_of_all_lines_claw_back_what_was_given(drafts in prop::collection::vec(draft(), 1..8), lines in lines(LINES)) {
        let case = case(&drafts, &lines);
        let mut by_line: Vec<Vec<RulePart>> = vec![Vec::new(); case.items.len()];
        let mut subsidy = 0;
        case.with_menu(|menu| {
            let deal = menu.best(&case.items, &mut Scratch::default());
            menu.parts(&case.items, &deal, |line, rule, discount| {
                let platform = Money(discount).share(case.rules[rule as usize].platform_ppm).0;
                subsidy += platform;
                by_line[line].push(RulePart { rule, platform: platform as u32, merchant: (discount - platform) as u32 });
            });
        });
        let clawed: i64 = by_line.iter().map(|parts| Bill::clawed(parts, &case.rules)).sum();
        prop_assert_eq!(clawed, subsidy);
    }
}

#[test]
fn a_coupon_is_left_unused_where_it_would_break_a_threshold() {
    let rule = |kind, size, threshold| Draft {
        kind,
        size,
        threshold,
        depth_ppm: 1_000_000,
        cap: i64::MAX,
        checkout_cap: i64::MAX,
        stacking: 0,
        exclusive: None,
        platform_ppm: 0,
    };
    // 5 % off 30,000 is 1,500, but 5,000 are off from 30,000 on
    let drafts = [rule(0, 50_000, 1), rule(4, 83_334, 30_000)];
    let case = case(&drafts, &[(20_000, 0, 3), (10_000, 1, 3)]);
    let deal = case.with_menu(|menu| menu.best(&case.items, &mut Scratch::default()));
    assert_eq!((deal.used, deal.prices), ([0; LINES], [16_667, 8_333, 0, 0]));
}
