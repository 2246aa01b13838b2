//! The plain rows that a tick emits, and the description of their columns.
//!
//! Owns the schema of every table: `results` turns it into Parquet and into the data dictionary, and knows no table by
//! name. Guarantees that a column's description, unit and type stand beside the field. Leaves out the keys that a run adds
//! to every row (`arm`, `replication`, `date`).

use std::sync::Arc;

/// Ticks of a block of shopper activity: retention and churn compare one block with the next.
pub const ACTIVITY_BLOCK_TICKS: u32 = 28;

/// The type of a column. Money is a signed integer number of money units (`money_unit` per yuan).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 64-bit integer.
    U64,
    /// Signed 64-bit integer.
    I64,
    /// Signed 64-bit integer number of money units.
    Money,
    /// 64-bit float: a ratio or a mean, never a sum that anything is computed from.
    F64,
    /// UTF-8 text.
    Text,
}

/// One column of a table: name, type, unit and description.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Name as in the Parquet file.
    pub name: &'static str,
    /// Type of its values.
    pub kind: Kind,
    /// Unit, for example `orders`, `money units`, `share`.
    pub unit: &'static str,
    /// One sentence on what it holds.
    pub doc: &'static str,
}

/// Takes the values of one row, in column order.
pub trait Sink {
    /// An unsigned 32-bit value.
    fn u32(&mut self, value: u32);
    /// An unsigned 64-bit value.
    fn u64(&mut self, value: u64);
    /// A signed 64-bit value (counts and money).
    fn i64(&mut self, value: i64);
    /// A float; NaN stands for "not defined" and becomes null.
    fn f64(&mut self, value: f64);
    /// A text value.
    fn text(&mut self, value: &str);
}

/// A row of a table.
pub trait Row {
    /// Name of the table.
    const TABLE: &'static str;
    /// One sentence on what a row is.
    const DOC: &'static str;
    /// The columns in order.
    const COLUMNS: &'static [Column];
    /// The tick that the row belongs to.
    fn tick(&self) -> u32;
    /// Hands the values to `sink` in the order of `COLUMNS`.
    fn emit(&self, sink: &mut impl Sink);
}

macro_rules! rust_type {
    (u32) => { u32 };
    (u64) => { u64 };
    (i64) => { i64 };
    (money) => { i64 };
    (f64) => { f64 };
    (text) => { Arc<str> };
}
macro_rules! kind {
    (u32) => {
        Kind::U32
    };
    (u64) => {
        Kind::U64
    };
    (i64) => {
        Kind::I64
    };
    (money) => {
        Kind::Money
    };
    (f64) => {
        Kind::F64
    };
    (text) => {
        Kind::Text
    };
}
macro_rules! emit_value {
    ($sink:ident, $value:expr, u32) => {
        $sink.u32($value)
    };
    ($sink:ident, $value:expr, u64) => {
        $sink.u64($value)
    };
    ($sink:ident, $value:expr, i64) => {
        $sink.i64($value)
    };
    ($sink:ident, $value:expr, money) => {
        $sink.i64($value)
    };
    ($sink:ident, $value:expr, f64) => {
        $sink.f64($value)
    };
    ($sink:ident, $value:expr, text) => {
        $sink.text(&$value)
    };
}
macro_rules! rows {
    ($($row:ident = $table:literal, $doc:literal { $($field:ident : $kind:ident [$unit:literal] $about:literal),* $(,)? })*) => {$(
        #[doc = $doc]
        #[derive(Clone, Debug, PartialEq)]
        pub struct $row { $(#[doc = $about] pub $field: rust_type!($kind)),* }
        impl Row for $row {
            const TABLE: &'static str = $table;
            const DOC: &'static str = $doc;
            const COLUMNS: &'static [Column] = &[$(Column { name: stringify!($field), kind: kind!($kind), unit: $unit, doc: $about }),*];
            fn tick(&self) -> u32 { self.tick }
            fn emit(&self, sink: &mut impl Sink) { $(emit_value!(sink, self.$field, $kind);)* }
        }
    )*
    /// Name, description and columns of every table, in the order of the data dictionary.
    pub const TABLES: &[(&str, &str, &[Column])] = &[$(($table, $doc, $row::COLUMNS)),*];
    };
}

rows! {
    PlatformTick = "platform_ticks", "One row per platform and tick: the KPI table." {
        tick: u32 ["ticks"] "Ticks since the start of the calendar.",
        platform: text ["name"] "Platform.",
        missions: i64 ["missions"] "Shopping missions whose first platform this was.",
        visits: i64 ["visits"] "Pages shown: missions here first, and visits to compare.",
        orders: i64 ["orders"] "Order lines placed, with those cancelled before shipment.",
        cancelled_orders: i64 ["orders"] "Order lines cancelled before shipment; nothing is paid for them.",
        shipped_orders: i64 ["orders"] "Order lines paid and shipped in this tick.",
        parcels: f64 ["parcels"] "Parcels dispatched: lines that left in this tick x parcels per line.",
        backlog: i64 ["orders"] "Order lines sold and waiting for logistics capacity after the tick.",
        gmv: money ["money units"] "GMV: list price less merchant discounts of all orders placed, cancelled ones included.",
        shipped_gmv: money ["money units"] "GMV of the orders paid and shipped.",
        refunds: money ["money units"] "GMV of the lines returned in this tick.",
        net_gmv: money ["money units"] "Shipped GMV less refunds of this tick.",
        paid: money ["money units"] "What shoppers paid for shipped orders: list price less all discounts.",
        merchant_discount: money ["money units"] "Discounts on shipped orders that merchants funded.",
        subsidy: money ["money units"] "Discounts on shipped orders and their delivery fees that the platform funded, before clawback.",
        clawback: money ["money units"] "Subsidy taken back on returns.",
        checkouts: i64 ["check-outs"] "Check-outs: order lines placed and paid together count once.",
        kept_lines: i64 ["lines"] "Lines that shoppers kept in a cart instead of ordering them at once.",
        abandoned_lines: i64 ["lines"] "Lines of carts and presales given up because they cost more at the check-out than expected, or are no longer sold.",
        delivery_fees: money ["money units"] "Delivery fees that shoppers paid on shipped orders.",
        presale_deposits: money ["money units"] "Deposits of presales paid in this tick.",
        deposits_forfeited: money ["money units"] "Deposits kept by merchants because the shopper did not complete.",
        protection_refunds: money ["money units"] "Paid back to shoppers because a protected price fell, by all funders.",
        commission_relief: money ["money units"] "Commission given back to merchants.",
        commission: money ["money units"] "Commission earned, less commission given back on returns.",
        fulfilment_cost: money ["money units"] "Paid for parcels of shipped orders and of returns, by merchants of the platform and by the platform.",
        service_cost: money ["money units"] "Paid by the platform for customer service.",
        ai_spend: money ["money units"] "Cash paid for AI compute and talent.",
        strategy_spend: money ["money units"] "Cash charged to the strategy budget (subsidy, AI, experience), net of clawback: the measure of equal spend.",
        strategy_subsidy: money ["money units"] "Part of the strategy budget spent on promotions, net of clawback.",
        strategy_ai: money ["money units"] "Part of the strategy budget spent on AI.",
        strategy_experience: money ["money units"] "Part of the strategy budget spent on service, delivery and quality checks.",
        raised_budget: money ["money units"] "Raise of AI programme and strategy budget by financing.",
        first_party_profit: money ["money units"] "Cash margin of the platform's own merchants.",
        platform_profit: money ["money units"] "Cash profit: commission, listing fees, content revenue and first-party margin less net subsidy, relief, price protection, service, AI and fixed cost.",
        operating_profit: money ["money units"] "Platform profit with AI hardware spread over its depreciation time.",
        merchant_profit: money ["money units"] "Cash margin of third-party merchants: receipts less commission, goods, fulfilment, returns, content and fixed cost.",
        merchant_gross_margin: f64 ["share"] "(Shipped GMV less refunds less cost of goods) / (shipped GMV less refunds), all merchants of the platform.",
        returned_orders: i64 ["orders"] "Lines returned in this tick.",
        returned_shelf: i64 ["orders"] "Lines bought on the shelf and returned in this tick.",
        returned_live: i64 ["orders"] "Lines bought in a live stream and returned in this tick.",
        delivered_shelf: i64 ["orders"] "Lines bought on the shelf and delivered in this tick.",
        delivered_live: i64 ["orders"] "Lines bought in a live stream and delivered in this tick.",
        stockouts: i64 ["orders"] "Orders refused because the stock was sold.",
        refused_subsidies: i64 ["orders"] "Orders whose subsidy was refused because the budget of the tick was spent.",
        contacts: i64 ["contacts"] "Service contacts after delivery.",
        self_resolved: i64 ["contacts"] "Contacts resolved without a person.",
        person_contacts: i64 ["contacts"] "Contacts handed to people, answered or given up.",
        service_response_time: f64 ["minutes"] "Mean time to the first response of the contacts that had one.",
        delivery_days: f64 ["days"] "Mean promised delivery time of shipped orders.",
        conversion_rate: f64 ["orders per mission"] "Orders placed here / missions whose first platform this was.",
        average_order_value: f64 ["money units per order"] "GMV / orders.",
        average_basket_value: f64 ["money units per check-out"] "GMV / check-outs.",
        take_rate: f64 ["share"] "(Commission + ad revenue) / shipped GMV less refunds.",
        subsidy_rate: f64 ["share"] "(Subsidy less clawback) / shipped GMV.",
        return_rate: f64 ["share"] "Returned lines / delivered lines.",
        gmv_share: f64 ["share"] "GMV / GMV of all platforms.",
        hhi: f64 ["0..1"] "Herfindahl-Hirschman index of GMV over platforms (the same in each platform's row).",
        price_index: f64 ["ratio to start"] "Geometric mean over listings of list price / list price when the calendar starts, weighted by popularity.",
        price_dispersion: f64 ["log points"] "Mean over categories of the standard deviation of log list prices, weighted by popularity.",
        consumer_surplus: money ["money units"] "Log-sum of the missions whose first platform this was, over the marginal utility of money, less membership fees.",
        contribution: money ["money units"] "Platform profit before AI spend and fixed cost.",
        deferred_missions: i64 ["missions"] "Missions that would have begun here and were put off until an announced sale.",
        released_missions: i64 ["missions"] "Missions that were put off and began here in this tick.",
        ahead_missions: i64 ["missions"] "Missions that began here to buy ahead of need.",
        members: f64 ["shoppers"] "Paying members of the platform (census).",
        joined_members: i64 ["shoppers"] "Shoppers who became members in this tick.",
        lapsed_members: i64 ["shoppers"] "Members whose year ended and who did not renew.",
        membership_fees: money ["money units"] "Paid by members to the platform.",
        new_shoppers: i64 ["shoppers"] "Shoppers with their first order on the platform.",
        block_shoppers: i64 ["shoppers"] "At the end of a 28-day block: shoppers with an order here in the block before it.",
        churned_shoppers: i64 ["shoppers"] "Those of them without an order in the block that ends.",
        retention: f64 ["share"] "(Block shoppers less churned shoppers) / block shoppers; not defined between ends of blocks.",
        satisfaction: f64 ["-1..1"] "Mean satisfaction with the platform over all shoppers (census; not defined between censuses).",
        promotion_fatigue: f64 ["0.."] "Mean fatigue of the platform's promotions over all shoppers (census).",
        active_shoppers: f64 ["shoppers"] "Shoppers with an order here in this 28-day block or the one before (census).",
        multi_homing_share: f64 ["share"] "Of shoppers with an order in this 28-day block or the one before, those with orders on three or more platforms (census; the same in each platform's row).",
        active_merchants: i64 ["merchants"] "Merchants with a listing on sale here after the tick.",
        active_listings: i64 ["listings"] "Listings on sale here after the tick.",
        entered_merchants: i64 ["merchants"] "Merchants who entered the market in this tick, counted on their first platform.",
        exited_merchants: i64 ["merchants"] "Merchants who left the market in this tick, counted on their first platform.",
        listing_fees: money ["money units"] "Paid by merchants to the platform for their listings.",
        price_changes: i64 ["changes"] "List prices changed by merchants in this tick.",
        talent_wage: f64 ["ratio to base"] "Wage of AI talent over the base wage.",
        matching_accuracy: f64 ["correlation"] "rho: correlation of the platform's estimated match with the true match.",
        energy: f64 ["kWh"] "Energy of the AI compute bought in this tick.",
        in_market: f64 ["0 or 1"] "1 while the platform is in the market, 0 after its exit.",
        ad_revenue: money ["money units"] "Advertising revenue of the platform: ad_spend less ad_refunds.",
        ad_spend: money ["money units"] "Paid by merchants for clicks, boosts included.",
        ad_refunds: money ["money units"] "Paid back by the cost guarantee.",
        over_delivery: money ["money units"] "Price of clicks beyond the budgets of their campaigns, free to the merchants.",
        boost_spend: money ["money units"] "Part of ad_spend beyond the ordinary budgets, paid by one-key boosts.",
        impressions: i64 ["impressions"] "Paid offers that shoppers examined.",
        clicks: i64 ["clicks"] "Clicks on them.",
        ad_orders: i64 ["orders"] "Shipped orders of paid offers after a click: at once, or by way of the cart or a presale that the offer was put into.",
        ad_gmv: money ["money units"] "GMV of those orders.",
        cost_per_click: f64 ["money units per click"] "ad_spend over clicks.",
        click_through_rate: f64 ["share"] "Clicks over impressions.",
        acos: f64 ["share"] "Advertising cost of sales: ad_spend over ad_gmv.",
        roas: f64 ["ratio"] "Return on ad spend: ad_gmv over ad_spend.",
        whole_site_campaigns: i64 ["campaigns"] "Campaigns (a merchant on a platform) with whole-site promotion.",
        ad_accuracy: f64 ["correlation"] "rho of the estimate with which clicks are predicted; empty where no slots are sold.",
        content_spend: money ["money units"] "Paid by merchants for content on channels, off-site channels included.",
        brand_spend: money ["money units"] "Paid by merchants for reserved brand impressions.",
        creative_cost: money ["money units"] "Paid by merchants for creatives.",
        content_revenue: money ["money units"] "Part of content and brand spend that the platform received.",
        content_contacts: i64 ["contacts"] "Contacts of missions that began here with content that was noticed.",
        brand_searches: i64 ["pages"] "Pages on which a merchant was looked for by name.",
        asked: i64 ["steps"] "Steps to the stage ask (A3) by contacts and by looking at offers: what seeding has moved.",
        mindshare: f64 ["share"] "Share of the strength of all evoked sets held by the platform's merchants, a merchant on several platforms divided among them (census).",
        ask_shoppers: f64 ["slots"] "A3: slots of evoked sets at the stage ask whose merchant sells here (census).",
        lost_sales: i64 ["sales"] "Visits that ended without a choice here, and chosen lines that were not sold; 0 unless losses are attributed.",
        lost_price: i64 ["sales"] "Of those, lost to the price.",
        lost_assortment: i64 ["sales"] "Lost to a thin shelf, or to a listing that is gone.",
        lost_match: i64 ["sales"] "Lost to the match.",
        lost_service: i64 ["sales"] "Lost to service.",
        lost_delivery: i64 ["sales"] "Lost to the delivery promise.",
        lost_quality: i64 ["sales"] "Lost to quality.",
        lost_fatigue: i64 ["sales"] "Lost to promotion fatigue.",
        lost_rival_deal: i64 ["sales"] "Lost to a discount on another platform.",
        lost_stock_out: i64 ["sales"] "Lost to sold-out stock.",
        lost_no_need: i64 ["sales"] "Lost where no term at its median would have helped.",
        departed_price: i64 ["shoppers"] "Of churned_shoppers, those who departed for price.",
        departed_assortment: i64 ["shoppers"] "Departed for the assortment.",
        departed_match: i64 ["shoppers"] "Departed because offers did not suit.",
        departed_service: i64 ["shoppers"] "Departed for service.",
        departed_delivery: i64 ["shoppers"] "Departed for delivery.",
        departed_quality: i64 ["shoppers"] "Departed for quality.",
        departed_fatigue: i64 ["shoppers"] "Departed tired of promotions.",
        departed_rival_deal: i64 ["shoppers"] "Departed for deals elsewhere.",
        departed_stock_out: i64 ["shoppers"] "Departed because stock was sold out.",
        departed_no_need: i64 ["shoppers"] "Departed where no term at its median would have helped.",
        inquiries: i64 ["inquiries"] "Questions that unsure shoppers asked merchants before buying.",
        addressed_shoppers: i64 ["shoppers"] "Unsure shoppers who did not ask and were addressed by a merchant's tool.",
        inquiry_orders: i64 ["orders"] "Offers chosen after a question or an address.",
        inquiry_conversion: f64 ["share"] "Inquiry orders / (inquiries + addressed shoppers).",
        unresolved_contacts: i64 ["contacts"] "Contacts that nobody resolved.",
        abandoned_contacts: i64 ["contacts"] "Of those, given up before people answered.",
        disputes: i64 ["contacts"] "Unresolved contacts that became disputes.",
        compensation: money ["money units"] "Given back to shoppers by service AI within its authority; part of the service cost.",
        proactive_contacts: i64 ["contacts"] "Bad experiences after which the desk reached out.",
        merchant_service_cost: money ["money units"] "Paid by merchants for people and tools of customer service.",
        assistant_missions: i64 ["missions"] "Missions that began here with an assistant, its own restocking included.",
        autonomous_orders: i64 ["orders"] "Offers chosen by an assistant alone.",
        assistant_users: f64 ["shoppers"] "Shoppers who use an assistant (census; the same in each platform's row).",
        search_spend: money ["money units"] "Part of ad_spend that content budgets paid: search money of content channels and campaigns.",
        cart_messages: i64 ["messages"] "Messages about lines of a cart that were about to be given up.",
        recovered_lines: i64 ["lines"] "Of those lines, the ones that were bought after all.",
        search_lapsed: money ["money units"] "Search money of content budgets that lapsed unspent; nobody pays it.",
    }
    SegmentTick = "segment_ticks", "One row per platform, shopper segment and tick." {
        tick: u32 ["ticks"] "Ticks since the start of the calendar.",
        platform: text ["name"] "Platform.",
        segment: text ["name"] "Shopper segment.",
        missions: i64 ["missions"] "Missions whose first platform this was.",
        orders: i64 ["orders"] "Order lines placed.",
        gmv: money ["money units"] "GMV of orders placed.",
        paid: money ["money units"] "Paid for shipped orders.",
        subsidy: money ["money units"] "Platform-funded discounts on shipped orders.",
        consumer_surplus: money ["money units"] "Log-sum of missions over the marginal utility of money, less membership fees.",
        new_shoppers: i64 ["shoppers"] "Shoppers with their first order on the platform.",
        joined_members: i64 ["shoppers"] "Shoppers who became members in this tick.",
        membership_fees: money ["money units"] "Paid by members to the platform.",
        deferred_missions: i64 ["missions"] "Missions put off until an announced sale.",
        block_shoppers: i64 ["shoppers"] "At the end of a 28-day block: shoppers with an order here in the block before it.",
        churned_shoppers: i64 ["shoppers"] "Those of them without an order in the block that ends.",
    }
    CapabilityTick = "capability_ticks", "One row per platform, AI function and tick." {
        tick: u32 ["ticks"] "Ticks since the start of the calendar.",
        platform: text ["name"] "Platform.",
        function: text ["name"] "AI function: matching, service, logistics, ads or content.",
        stock: f64 ["capability units"] "Capability stock K after the tick.",
        in_build: f64 ["capability units"] "Investment paid for and not yet in service.",
        performance: f64 ["0..1"] "q = q0 + (q_max - q0) (1 - (1 + K/K0)^-c).",
        in_use: f64 ["0..1"] "Performance that its stage lets into use.",
        stage: u32 ["0..3"] "Stage: 0 pilot, 1 emergence, 2 autonomous action, 3 self-iteration.",
        compute_spend: money ["money units"] "Cash paid for compute.",
        talent_spend: money ["money units"] "Cash paid for talent.",
        compute_price: f64 ["ratio to start"] "Price of compute over its price at the start of the warm-up.",
        wage: f64 ["ratio to base"] "Wage of AI talent.",
    }
    LedgerTick = "ledger_ticks", "One row per platform, account class and counter-account that moved money in a tick." {
        tick: u32 ["ticks"] "Ticks since the start of the calendar.",
        platform: text ["name"] "Platform whose books it is in.",
        debit: text ["account class"] "Who gave the money.",
        credit: text ["account class"] "Who received it.",
        amount: money ["money units"] "Money moved.",
    }
    MerchantTick = "merchant_ticks", "One row per merchant and week (every seventh tick and the last)." {
        tick: u32 ["ticks"] "Last tick of the week.",
        merchant: u32 ["id"] "Merchant.",
        group: text ["name"] "Merchant group.",
        platform: text ["name"] "Platform of the listings summed up in the row.",
        pricing: text ["policy"] "Pricing policy.",
        status: text ["status"] "active, dormant (not yet in the market) or exited.",
        listings: u32 ["listings"] "Listings on sale on the platform.",
        orders: i64 ["orders"] "Shipped orders of the week.",
        shipped_gmv: money ["money units"] "GMV of shipped orders of the week.",
        refunds: money ["money units"] "GMV of lines returned in the week.",
        profit: money ["money units"] "Cash margin of the week, fixed cost left out.",
        mean_price: f64 ["money units"] "Mean list price at the end of the week.",
        stockouts: i64 ["orders"] "Orders refused in the week because stock was sold.",
        cash: money ["money units"] "Cash of the merchant on all platforms since the start of the warm-up, all costs taken off; its capital is left out.",
        ad_spend: money ["money units"] "Paid for clicks in the week.",
        impressions: i64 ["impressions"] "Its paid offers that shoppers examined in the week.",
        clicks: i64 ["clicks"] "Clicks on them.",
        ad_orders: i64 ["orders"] "Shipped orders after a click, in the week.",
        ad_gmv: money ["money units"] "GMV of those orders.",
        whole_site: u32 ["0 or 1"] "1 if the merchant has whole-site promotion here.",
        over_delivery: money ["money units"] "Price of clicks of the week beyond the budget of the campaign, free to the merchant; not in ad_spend.",
        ad_refunds: money ["money units"] "Paid back to the merchant in the week by the cost guarantee.",
        boost_spend: money ["money units"] "Part of ad_spend that a one-key boost paid.",
        search_spend: money ["money units"] "Part of ad_spend that search money of the content budget paid.",
        inquiries: i64 ["inquiries"] "Questions before the sale in the week, about its listings here.",
        addressed_shoppers: i64 ["shoppers"] "Unsure shoppers whom its tool addressed in the week.",
        inquiry_orders: i64 ["orders"] "Offers chosen after one of them: over inquiries and addressed_shoppers the inquiry conversion.",
        service_score: f64 ["share"] "Share of questions that it answers well, mean of its listings here, at the end of the week; empty without a desk.",
        skill: f64 ["0..1"] "Skill of its people: 0 is the weakest, 1 the best of its group; empty without a desk.",
        service_tool: u32 ["0 or 1"] "1 if the merchant pays for a service tool at the end of the week.",
        service_people: u32 ["people"] "People at its desk at the end of the week, with those hired on advice and without those replaced; the same in each platform's row.",
        service_cost: money ["money units"] "Wages and fees of the tool in the week, in the row of the platform whose books bear them.",
        contacts: i64 ["contacts"] "Service contacts after the sale in the week, about its lines here, answered by the platform's desk.",
        handed_off: i64 ["contacts"] "Of those, handed to people.",
        self_resolved: i64 ["contacts"] "Of those, resolved by AI.",
        unresolved_contacts: i64 ["contacts"] "Of those, resolved by nobody.",
        abandoned_contacts: i64 ["contacts"] "Of those, given up before people answered.",
        disputes: i64 ["contacts"] "Of those, ended in a dispute.",
        response_seconds: i64 ["seconds"] "Seconds to the first response, summed over the contacts that had one (contacts less abandoned_contacts).",
    }
    ListingTick = "listing_ticks", "One row per listing and tick (off by default)." {
        tick: u32 ["ticks"] "Ticks since the start of the calendar.",
        listing: u32 ["id"] "Listing.",
        merchant: u32 ["id"] "Merchant.",
        platform: text ["name"] "Platform.",
        category: text ["name"] "Category.",
        price: money ["money units"] "List price while shopping.",
        stock: i64 ["units"] "Stock after the tick; -1 if unlimited.",
        orders: i64 ["orders"] "Shipped orders.",
        shipped_gmv: money ["money units"] "GMV of shipped orders.",
        impressions: i64 ["impressions"] "Paid offers of it that shoppers examined.",
        clicks: i64 ["clicks"] "Clicks on them.",
        ad_spend: money ["money units"] "Paid for these clicks: their price less over-delivery.",
        promoted: u32 ["0 or 1"] "1 if whole-site promotion had picked it for the tick.",
    }
    OrderRow = "orders", "One row per order line of the sampled shoppers: every fen from list price to refund." {
        tick: u32 ["ticks"] "Tick of the order.",
        shopper: u64 ["id"] "Shopper.",
        mission: u32 ["index"] "Mission or check-out of the shopper in the tick: lines with the same number are one check-out; from 32 on carts, from 48 on presales.",
        line: u32 ["index"] "Line in the check-out, 0 first.",
        segment: text ["name"] "Shopper segment.",
        platform: text ["name"] "Platform.",
        listing: u32 ["id"] "Listing.",
        merchant: u32 ["id"] "Merchant.",
        category: text ["name"] "Category.",
        sales_mode: text ["shelf or live"] "Where it was bought.",
        from_ad: u32 ["0 or 1"] "1 if it was chosen from a paid slot, hence after a click: at once, or on the mission that put it into the cart or paid its deposit; the price of the click is in `missions`.",
        outcome: text ["shipped, cancelled, out-of-stock or dropped"] "What became of the order in the tick; dropped means that its subsidy was refused.",
        list_price: money ["money units"] "List price of the line.",
        merchant_discount: money ["money units"] "Discount funded by the merchant.",
        instant_discount: money ["money units"] "Platform-funded part of instant discounts.",
        gap_subsidy: money ["money units"] "Platform-funded gap-to-lowest subsidy.",
        threshold_discount: money ["money units"] "Platform-funded part of threshold discounts.",
        coupon: money ["money units"] "Platform-funded part of coupons.",
        cross_shop_discount: money ["money units"] "Platform-funded part of cross-shop discounts, the line's share.",
        member_coupon: money ["money units"] "Platform-funded part of member coupons.",
        presale_bonus: money ["money units"] "Platform-funded part of what a presale deposit counts for beyond itself.",
        subsidy: money ["money units"] "Sum of the platform-funded discounts on the goods.",
        paid: money ["money units"] "Paid by the shopper for the goods: list price less merchant discount less subsidy.",
        deposit: money ["money units"] "Of that, paid before as deposit of a presale.",
        delivery_fee: money ["money units"] "Delivery fee paid by the shopper.",
        delivery_subsidy: money ["money units"] "Delivery fee paid by the platform for the shopper.",
        commission: money ["money units"] "Commission to the platform.",
        commission_relief: money ["money units"] "Commission that the platform gives back to the merchant.",
        fee: money ["money units"] "Payment fee to the payment provider.",
        logistics: money ["money units"] "Paid for delivery.",
        merchant_receipt: money ["money units"] "Left to the merchant: paid + subsidy + delivery fee and its subsidy + relief - commission - fee - logistics.",
        will_return: u32 ["0 or 1"] "1 if the line comes back within the horizon or after it.",
        return_tick: u32 ["ticks"] "Tick of the return; 0 if none.",
        refund: money ["money units"] "Paid back to the shopper on return.",
        clawback: money ["money units"] "Subsidy taken back by the platform on return.",
    }
    MissionRow = "missions", "One row per offer on the pages of the sampled shoppers' missions: why did this shopper buy here?" {
        tick: u32 ["ticks"] "Tick of the mission.",
        shopper: u64 ["id"] "Shopper.",
        mission: u32 ["index"] "Mission of the shopper in the tick.",
        segment: text ["name"] "Shopper segment.",
        category: text ["name"] "Category of the need.",
        platform: text ["name"] "Platform of the page.",
        listing: u32 ["id"] "Listing shown.",
        position: u32 ["rank"] "Position on the page, 0 first.",
        examined: u32 ["0 or 1"] "1 if the shopper looked at it.",
        chosen: u32 ["0 or 1"] "1 if the shopper bought it.",
        paid: u32 ["0 or 1"] "1 if its slot was sold in the auction.",
        click_price: money ["money units"] "What a click on it costs its merchant, over-delivery included; 0 where the slot is not paid for.",
        estimated_match: f64 ["standard deviations"] "The platform's estimate of the match.",
        true_match: f64 ["standard deviations"] "The true match.",
        effective_price: money ["money units"] "Price after all discounts of this shopper.",
        utility: f64 ["utils"] "Utility before the logit shock, over mu.",
    }
    ShopperRow = "shopper_panel", "One row per sampled shopper, platform and week: state after the tick." {
        tick: u32 ["ticks"] "Last tick of the week.",
        shopper: u64 ["id"] "Shopper.",
        segment: text ["name"] "Shopper segment.",
        platform: text ["name"] "Platform.",
        habit: f64 ["0.."] "Habit.",
        satisfaction: f64 ["-1..1"] "Satisfaction.",
        fatigue: f64 ["0.."] "Promotion fatigue.",
        inclusive_value: f64 ["utils"] "Learned inclusive value of the platform's pages.",
    }
    FunnelTick = "funnel_ticks", "One row per merchant group, platform and census: the 5A stages of shoppers." {
        tick: u32 ["ticks"] "Tick of the census.",
        group: text ["name"] "Merchant group.",
        platform: text ["name"] "Platform on which the merchants sell, or `all`: a merchant on two platforms counts on both, and once in `all`.",
        merchants: i64 ["merchants"] "Merchants of the group that sell there.",
        aware: i64 ["slots"] "A1: slots of evoked sets at the stage aware.",
        appeal: i64 ["slots"] "A2: at the stage appeal.",
        ask: i64 ["slots"] "A3: at the stage ask; the indicator of seeding.",
        act: i64 ["slots"] "A4: at the stage act: has bought.",
        advocate: i64 ["slots"] "A5: at the stage advocate: has recommended.",
        awareness: i64 ["slots"] "AIPL: awareness, slots at the stage aware.",
        interest: i64 ["slots"] "AIPL: interest, slots at appeal or ask.",
        purchase: i64 ["slots"] "AIPL: purchase, slots at act.",
        loyalty: i64 ["slots"] "AIPL: loyalty, slots at advocate.",
        mindshare: f64 ["share"] "Share of the strength of all evoked sets.",
    }
    MerchantFunnelTick = "merchant_funnel", "One row per merchant in anybody's mind and census: its 5A stages." {
        tick: u32 ["ticks"] "Tick of the census.",
        merchant: u32 ["id"] "Merchant.",
        group: text ["name"] "Merchant group.",
        aware: i64 ["shoppers"] "A1: shoppers at the stage aware.",
        appeal: i64 ["shoppers"] "A2: at the stage appeal.",
        ask: i64 ["shoppers"] "A3: at the stage ask.",
        act: i64 ["shoppers"] "A4: at the stage act.",
        advocate: i64 ["shoppers"] "A5: at the stage advocate.",
        awareness: i64 ["shoppers"] "AIPL: awareness, shoppers at the stage aware.",
        interest: i64 ["shoppers"] "AIPL: interest, shoppers at appeal or ask.",
        purchase: i64 ["shoppers"] "AIPL: purchase, shoppers at act.",
        loyalty: i64 ["shoppers"] "AIPL: loyalty, shoppers at advocate.",
        mindshare: f64 ["share"] "Share of the strength of all evoked sets.",
    }
    ChannelTick = "channel_ticks", "One row per merchant group with a content programme, channel and tick; brand impressions are the channel `brand`." {
        tick: u32 ["ticks"] "Ticks since the start of the calendar.",
        group: text ["name"] "Merchant group.",
        channel: text ["name"] "Channel.",
        platform: text ["name"] "Platform of the channel, or `off-site`.",
        impressions: i64 ["impressions"] "Impressions delivered.",
        contacts: i64 ["contacts"] "Contacts: impressions that were noticed on missions.",
        spend: money ["money units"] "Paid by the merchants of the group.",
        share: f64 ["share"] "Share of the channel in the plan for the next tick.",
        adstock: f64 ["impressions per mission"] "Adstocked impressions of one merchant per mission of the audience, next tick included.",
        freshness: f64 ["share"] "Share of the response that the wear of the group's creatives leaves.",
        reach: f64 ["share"] "Reach: share of the missions of the audience that see an impression of one merchant, were they shown at random to those whom brand advertising reserves.",
        frequency: f64 ["impressions per mission"] "Frequency: impressions of one merchant for a mission that sees any.",
    }
    AssistantTick = "assistant_ticks", "One row per shopper assistant and tick." {
        tick: u32 ["ticks"] "Ticks since the start of the calendar.",
        assistant: text ["name"] "Assistant.",
        owner: text ["name"] "Platform that owns it; empty if none.",
        users: i64 ["shoppers"] "Users that the reviews of the last seven ticks found: everybody is reviewed once in them.",
        adopted: i64 ["shoppers"] "Shoppers who took it up in this tick without being told.",
        told: i64 ["messages"] "Shoppers told of it by a neighbour in this tick.",
        dropped: i64 ["shoppers"] "Shoppers who gave it up in this tick.",
        missions: i64 ["missions"] "Missions with it.",
        chosen: i64 ["offers"] "Offers chosen in them.",
        restocked: i64 ["offers"] "Of those, chosen without being asked.",
    }
    ChurnRow = "churn", "One row per listing and cause of lost sales in a week, and per listing (or merchant, or platform) and cause of departures in a 28-day block." {
        tick: u32 ["ticks"] "Last tick of the week.",
        platform: text ["name"] "Platform that lost the sale or the shopper.",
        category: text ["name"] "Category of the listing; empty where there is none.",
        merchant: i64 ["id"] "Merchant of the listing, or that the departed shopper had in mind and had bought from; -1 where there is none.",
        listing: i64 ["id"] "Listing that came closest to being bought, or that the departed shopper bought; -1 where it is not known.",
        cause: text ["cause"] "price, assortment, match, service, delivery, quality, fatigue, rival-deal, stock-out or no-need.",
        lost_sales: i64 ["sales"] "Visits of the week that ended without a choice, and chosen lines that were not sold.",
        departed: i64 ["shoppers"] "Shoppers with an order here in the block before and none in the block that ends with this tick.",
    }
}
