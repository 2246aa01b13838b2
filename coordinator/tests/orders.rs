//! Every sampled order adds up, from the list price to the refund.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use arrow_array::{Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array};
use results::RunReader;
use results::reader::column;
use support::{stdout, tiny};

fn money<'a>(batch: &'a RecordBatch, name: &str) -> &'a Int64Array {
    column(batch, name).unwrap()
}

#[test]
fn every_fen_of_a_sampled_order_is_accounted_for() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    stdout(&mut tiny(&out, &["--set", "outputs.sample=100 %"]));
    let (mut shipped, mut returned, mut subsidised) = (0, 0, 0);
    for batch in RunReader::open(&out).unwrap().batches("orders").unwrap() {
        let batch = batch.unwrap();
        let outcome: &StringArray = column(&batch, "outcome").unwrap();
        let returns: &UInt32Array = column(&batch, "will_return").unwrap();
        for row in 0..batch.num_rows() {
            let of = |name: &str| money(&batch, name).value(row);
            let parts = [
                "instant_discount",
                "gap_subsidy",
                "threshold_discount",
                "coupon",
                "cross_shop_discount",
                "member_coupon",
                "presale_bonus",
            ];
            let parts: i64 = parts.iter().map(|name| of(name)).sum();
            assert_eq!(parts, of("subsidy"));
            assert_eq!(of("list_price") - of("merchant_discount") - of("subsidy"), of("paid"));
            let received = of("merchant_receipt") + of("commission") + of("fee") + of("logistics");
            if outcome.value(row) == "shipped" {
                let delivery = of("delivery_fee") + of("delivery_subsidy");
                assert_eq!(of("paid") + of("subsidy") + delivery + of("commission_relief"), received);
                shipped += 1;
                subsidised += i64::from(of("subsidy") > 0);
            } else {
                assert_eq!(received, 0);
            }
            let refund = if returns.value(row) == 1 { of("paid") } else { 0 };
            assert_eq!(of("refund"), refund);
            assert!(of("clawback") <= of("subsidy"));
            returned += returns.value(row);
        }
    }
    assert!(shipped > 1_000 && returned > 50 && subsidised > 100, "{shipped} {returned} {subsidised}");
}

#[test]
fn orders_are_sorted_by_tick_and_shopper_within_a_cell() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    stdout(&mut tiny(&out, &["--replications", "1", "--arm", "baseline", "--set", "outputs.sample=100 %"]));
    let mut last = (0, 0);
    for batch in RunReader::open(&out).unwrap().batches("orders").unwrap() {
        let batch = batch.unwrap();
        let (ticks, shoppers): (&UInt32Array, &UInt64Array) = (column(&batch, "tick").unwrap(), column(&batch, "shopper").unwrap());
        for row in 0..batch.num_rows() {
            let key = (ticks.value(row), shoppers.value(row));
            assert!(key >= last, "{key:?} after {last:?}");
            last = key;
        }
    }
    assert!(last.0 > 20);
}
