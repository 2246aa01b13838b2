//! Integer counters of a tick, by platform and segment, and the names of the mechanisms.

use crate::ads::click::AdTallies;
use crate::assistant::AssistantSum;
use crate::catalog::Catalog;
use crate::content::sums::ContentSums;
use crate::loss::Cause;
use serde::{Deserialize, Serialize};
use sim_core::exchange::{Owned, Sum};
use sim_core::ledger::Ledger;
use sim_core::mechanism::Mechanisms;
use sim_core::money::add_columns;

/// Numbers of a listing in [`Listings::asked`]: questions, shoppers addressed, chosen after one of them.
pub(crate) const ASKED: usize = 3;
/// Numbers of a listing in [`Listings::departed`]: by cause those known to be of the item, and those known to be of its shop only.
pub(crate) const DEPARTED: usize = 2 * Cause::COUNT;
/// Numbers of a listing in [`Listings::contacts`]: contacts, handed to people, resolved by AI, not resolved, disputes, given up.
pub(crate) const CONTACTS: usize = 6;

macro_rules! dense_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $(#[doc = $text] $variant),* }
        impl $name {
            /// All in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// How many.
            pub const COUNT: usize = $name::ALL.len();
            /// Name.
            #[must_use]
            pub fn name(self) -> &'static str { match self { $($name::$variant => $text),* } }
        }
    };
}

dense_enum! {
    /// What is counted.
    Metric {
        Missions = "missions", Visits = "visits", Orders = "orders", Cancelled = "cancelled orders", Shipped = "shipped orders",
        Gmv = "GMV", ShippedGmv = "shipped GMV", Paid = "paid", MerchantDiscount = "merchant discount", Subsidy = "subsidy",
        StrategySubsidy = "subsidy paid by the strategy budget", Commission = "commission", PaymentFee = "payment fee",
        LogisticsMerchant = "logistics paid by merchants", LogisticsPlatform = "logistics paid by the platform",
        GoodsCost = "cost of goods", Receipts = "receipts of merchants", FirstPartyCash = "cash of first-party merchants",
        ThirdPartyCash = "cash of third-party merchants", Refunds = "GMV returned", Clawback = "clawback",
        StrategyClawback = "clawback to the strategy budget", ReturnedShelf = "returned, shelf", ReturnedLive = "returned, live",
        DeliveredShelf = "delivered, shelf", DeliveredLive = "delivered, live", Stockouts = "refused for stock",
        RefusedSubsidies = "refused subsidies", Dropped = "dropped after a refused subsidy", Contacts = "contacts",
        SelfResolved = "resolved by AI", Unresolved = "not resolved", ServiceCost = "service cost", MerchantCash = "cash of merchants", ConsumerSurplus = "consumer surplus", NewShoppers = "first orders on the platform",
        FirstPartyGmv = "GMV of first-party merchants", AiCompute = "compute spend", AiTalent = "talent spend", FixedCost = "fixed cost",
        MerchantFixed = "fixed cost of merchants", RefusedStrategy = "strategy subsidy refused",
        StrategyAi = "AI paid by the strategy budget", Hardware = "hardware spend", DeliveryDays = "promised days x 1000",
        StrategyExperience = "experience paid by the strategy budget", QualityChecks = "quality checks", AnsweredByAi = "closed by AI",
        ResponseSeconds = "seconds to the response", Dispatched = "lines dispatched", Energy = "energy in Wh", Raised = "budget raised",
        Deferred = "missions put off", Released = "missions taken up again", Ahead = "missions to buy ahead",
        MembershipFees = "membership fees", Joined = "new members", Lapsed = "lapsed members",
        BlockShoppers = "active in the block before", Churned = "of those, not active in the block",
        ListingFees = "listing fees", PriceChanges = "price changes", ActiveMerchants = "active merchants",
        ActiveListings = "active listings", EnteredMerchants = "merchants entered", ExitedMerchants = "merchants exited",
        Checkouts = "check-outs", KeptLines = "lines kept in a cart", AbandonedLines = "lines given up at check-out",
        DeliveryFees = "delivery fees paid by shoppers", PresaleDeposits = "deposits of presales", DepositsForfeited = "deposits forfeited",
        DepositsRefunded = "deposits refunded", ProtectionRefunds = "refunds of protected prices",
        ProtectionSubsidy = "refunds of protected prices paid by the platform", Relief = "commission relief",
        AdImpressions = "paid offers examined", AdClicks = "clicks", AdCharges = "price of clicks", AdSpend = "paid for clicks",
        OverDelivery = "clicks beyond a budget", AdOrders = "shipped orders after a click", AdGmv = "GMV of orders after a click",
        BoostSpend = "paid for clicks by boosts", AdRefunds = "refunds of the cost guarantee",
        AdAdopters = "campaigns with whole-site promotion", AdEligible = "campaigns that may have it",
        ContentSpend = "spend on content channels", BrandSpend = "spend on brand impressions", CreativeCost = "cost of creatives",
        ContentRevenue = "content and brand revenue of the platform", ContentContacts = "contacts with content",
        BrandSearches = "pages searched for a merchant by name", Asked = "shoppers who came to ask",
        Chosen = "offers chosen", LostSales = "lost sales",
        LostPrice = "lost to price", LostAssortment = "lost to assortment", LostMatch = "lost to match", LostService = "lost to service",
        LostDelivery = "lost to delivery", LostQuality = "lost to quality", LostFatigue = "lost to fatigue",
        LostRivalDeal = "lost to rival-deal", LostStockOut = "lost to stock-out", LostNoNeed = "lost to no-need",
        DepartedPrice = "departed for price", DepartedAssortment = "departed for assortment", DepartedMatch = "departed for match",
        DepartedService = "departed for service", DepartedDelivery = "departed for delivery",
        DepartedQuality = "departed for quality", DepartedFatigue = "departed for fatigue",
        DepartedRivalDeal = "departed for rival-deal", DepartedStockOut = "departed for stock-out",
        DepartedNoNeed = "departed for no-need",
        Inquiries = "inquiries", Addressed = "unsure shoppers addressed", InquiryOrders = "chosen after an inquiry",
        MerchantService = "service cost of merchants", Disputes = "disputes", Compensation = "compensation by service AI",
        ProactiveContacts = "bad experiences reached", AboveAuthority = "contacts above the authority of AI",
        AssistantMissions = "missions with an assistant", AutonomousOrders = "chosen by an assistant alone",
        SearchSpend = "paid for clicks by content budgets", CartMessages = "carts reached at check-out",
        RecoveredLines = "lines won back at check-out", SearchLapsed = "search money that lapsed",
        GivenUp = "contacts given up before an answer",
    }
}

dense_enum! {
    /// Mechanisms of the market: each must fire in the main job.
    Mechanism {
        Mission = "mission", StockAtHome = "stock-at-home", MultiHoming = "multi-homing", RankingError = "ranking-error",
        Examination = "examination", ReferencePrice = "reference-price", EvokedSet = "evoked-set", Coupon = "coupon",
        InstantDiscount = "instant-discount", GapToLowest = "gap-to-lowest", ThresholdDiscount = "threshold-discount",
        MemberCoupon = "member-coupon", CrossShopDiscount = "cross-shop-discount", Presale = "presale", PriceProtection = "price-protection",
        CommissionRelief = "commission-relief", DeliveryFee = "delivery-fee", DeliverySubsidy = "delivery-subsidy", Cart = "cart",
        BudgetRefusal = "budget-refusal", StockRefusal = "stock-refusal", Cancellation = "cancellation", Delivery = "delivery",
        Return = "return", Clawback = "clawback", ServiceContact = "service-contact", AiService = "ai-service",
        WordOfMouth = "word-of-mouth", HabitGain = "habit", SatisfactionGain = "satisfaction", PromotionFatigue = "promotion-fatigue",
        DealCredit = "deal-credit", InclusiveValue = "inclusive-value", RepriceCostPlus = "pricing-cost-plus",
        RepriceMatch = "pricing-match", RepriceBestResponse = "pricing-best-response", RepriceTargetMargin = "pricing-target-margin",
        RepriceNudge = "pricing-nudge", RepriceUndercut = "pricing-undercut", RepriceGradient = "pricing-gradient",
        RepriceQLearning = "pricing-q-learning", RepriceBandit = "pricing-bandit", MenuCost = "menu-cost",
        PromotionParticipation = "promotion-participation", MerchantExit = "merchant-exit", MerchantEntry = "merchant-entry",
        MerchantPlatforms = "merchant-platform-choice", ListingFee = "listing-fee", Newsvendor = "newsvendor", Restock = "restock", FirstParty = "first-party", Commission = "commission",
        AiInvestment = "ai-investment", AiInService = "ai-build-lag", AiSpillover = "ai-spillover", TalentWage = "talent-wage",
        PriceWar = "strategy-price-war", EfficiencyWar = "strategy-efficiency-war", Balanced = "strategy-balanced",
        MatchRival = "strategy-match-rival", Shock = "shock", ExperienceWar = "strategy-experience-war",
        Adaptive = "strategy-adaptive", BudgetRaise = "budget-raise", TalentProgramme = "talent-programme",
        TalentPool = "talent-pool", AiEmergence = "ai-emergence", AiAutonomy = "ai-autonomy", AiSelfIteration = "ai-self-iteration",
        StaffAugment = "staff-augment", StaffReplace = "staff-replace", AiEnergy = "ai-energy",
        ComputePriceLevel = "compute-price-level", LogisticsCapacity = "logistics-capacity", PlatformExit = "platform-exit",
        Deferral = "deferral", PentUpNeed = "pent-up-need", BuyingAhead = "buying-ahead",
        FestivalCancellation = "festival-cancellation", LivePreference = "live-preference",
        MembershipJoin = "membership-join", MembershipRenewal = "membership-renewal", MembershipChoice = "membership-choice",
        AdAuction = "ad-auction", AdClick = "ad-click", AdPacing = "ad-pacing", OverDelivery = "ad-over-delivery",
        AdTargeting = "ad-targeting", BiddingManual = "bidding-manual", BiddingMaximiseVolume = "bidding-maximise-volume",
        BiddingTargetRoi = "bidding-target-roi", BiddingTargetCpa = "bidding-target-cpa",
        BiddingNetTargetRoi = "bidding-net-target-roi", BiddingMultiObjective = "bidding-multi-objective",
        WholeSite = "whole-site-promotion", WholeSiteAdoption = "whole-site-adoption", ItemSelection = "whole-site-items",
        OneKeyBoost = "one-key-boost", CostGuarantee = "cost-guarantee",
        ContentChannel = "content-channel", ChannelCapacity = "channel-capacity", BrandAdvertising = "brand-advertising",
        HumanCreatives = "creatives-human", AigcCreatives = "creatives-aigc", EqualMarginal = "allocator-equal-marginal-return",
        AiAllocator = "allocator-ai", CampaignAccumulate = "campaign-accumulate", CampaignSeed = "campaign-seed",
        CampaignBreakOut = "campaign-break-out", FunnelStep = "funnel-step", ContentClick = "content-click", BrandSearch = "brand-search",
        LossAttribution = "loss-attribution",
        Inquiry = "inquiry", ProactiveInquiry = "proactive-inquiry", MerchantDesk = "merchant-desk", ServiceTool = "service-tool",
        ToolAction = "service-tool-action", ServiceQueue = "service-queue", Authority = "service-authority",
        ProactiveService = "proactive-service", Dispute = "dispute",
        Assistant = "assistant", AssistantAdDiscount = "assistant-ad-discount", AssistantAdoption = "assistant-adoption",
        AssistantImitation = "assistant-imitation", AssistantDropped = "assistant-disadoption",
        AutonomousPurchase = "autonomous-purchase", CampaignSearch = "campaign-search", CartRecovery = "cart-recovery",
        AdCostPassedOn = "ad-cost-passed-on",
    }
}

/// What the merchants of a group earn on a platform in a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSum {
    /// Cash of orders and returns, money units.
    pub cash: i64,
    /// Listings sold.
    pub listings: i64,
}

/// Totals of a tick over all shards and merchants.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Totals {
    /// `counters[(platform * segments + segment) * Metric::COUNT + metric]`.
    #[serde(with = "sim_core::columns")]
    counters: Vec<i64>,
    segments: usize,
    /// `groups[platform * groups + group]`: what the merchants of a group earn and sell there.
    groups: Vec<GroupSum>,
    /// Content by merchant group and channel.
    pub content: ContentSums,
    /// The books.
    pub ledger: Ledger,
    /// What fired.
    pub mechanisms: Mechanisms,
    /// Wrapping sum of row hashes.
    pub rows: u64,
    /// Wrapping sum of mail hashes.
    pub mail: u64,
    /// Wrapping sum of hashes of listing tallies and stocks.
    pub listings: u64,
    /// By category and term: lost sales above the median less those below, and all; empty where losses are not attributed.
    pub(crate) medians: Vec<i64>,
    /// By platform and cause: shoppers who departed and cannot be booked on a shop; empty where losses are not attributed.
    pub(crate) unplaced: Vec<i64>,
    /// By assistant.
    pub assistants: Vec<AssistantSum>,
}

impl Totals {
    /// Zeros.
    #[must_use]
    pub fn new(platforms: usize, segments: usize, groups: usize) -> Totals {
        Totals {
            counters: vec![0; platforms * segments * Metric::COUNT],
            segments,
            groups: vec![GroupSum::default(); platforms * groups],
            content: ContentSums::default(),
            ledger: Ledger::new(platforms),
            mechanisms: Mechanisms::new(Mechanism::COUNT),
            rows: 0,
            mail: 0,
            listings: 0,
            medians: Vec::new(),
            unplaced: Vec::new(),
            assistants: Vec::new(),
        }
    }

    /// Adds to a counter.
    #[inline]
    pub fn add_to(&mut self, platform: usize, segment: usize, metric: Metric, amount: i64) {
        if amount == 0 {
            return;
        }
        let counter = &mut self.counters[(platform * self.segments + segment) * Metric::COUNT + metric as usize];
        *counter = counter.checked_add(amount).expect("a counter fits 64 bits");
    }

    /// Adds to counters of a platform and segment.
    pub fn add_all(&mut self, platform: usize, segment: usize, amounts: &[(Metric, i64)]) {
        let row = &mut self.counters[(platform * self.segments + segment) * Metric::COUNT..][..Metric::COUNT];
        for &(metric, amount) in amounts {
            let counter = &mut row[metric as usize];
            *counter = counter.checked_add(amount).expect("a counter fits 64 bits");
        }
    }

    /// A counter of a platform and segment.
    #[must_use]
    pub fn of(&self, platform: usize, segment: usize, metric: Metric) -> i64 {
        self.counters[(platform * self.segments + segment) * Metric::COUNT + metric as usize]
    }

    /// A counter of a platform, summed over segments.
    #[must_use]
    pub fn sum(&self, platform: usize, metric: Metric) -> i64 {
        (0..self.segments).map(|s| self.of(platform, s, metric)).sum()
    }

    /// A counter by platform and segment, in this order.
    pub fn by_segment(&self, metric: Metric) -> impl Iterator<Item = i64> + '_ {
        self.counters.chunks_exact(Metric::COUNT).map(move |counters| counters[metric as usize])
    }

    /// Adds to the sums of a merchant group on a platform; nothing where groups are not summed.
    pub(crate) fn add_to_group(&mut self, at: usize, cash: i64, listings: i64) {
        if let Some(sum) = self.groups.get_mut(at) {
            sum.cash = sum.cash.checked_add(cash).expect("a counter fits 64 bits");
            sum.listings += listings;
        }
    }

    /// The sums of merchant groups, by platform and group; empty where nothing depends on them.
    #[must_use]
    pub fn groups(&self) -> &[GroupSum] {
        &self.groups
    }

    /// Books a mechanism.
    #[inline]
    pub fn fired(&mut self, mechanism: Mechanism, times: i64, money: i64) {
        self.mechanisms.add(mechanism as usize, times, money, times);
    }

    /// Hash of the counters.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let groups: Vec<i64> = self.groups.iter().flat_map(|sum| [sum.cash, sum.listings]).collect();
        let assistants: Vec<i64> = self.assistants.iter().flat_map(AssistantSum::numbers).collect();
        [(3, &self.counters), (4, &groups), (5, &self.content.numbers()), (6, &assistants)]
            .into_iter()
            .fold(0, |sum, (key, numbers)| sum.wrapping_add(sim_core::digest::hash_numbers(key, numbers)))
    }
}

impl Sum for Totals {
    fn add(&mut self, other: &Totals) {
        add_columns(&mut self.counters, &other.counters);
        for (sum, more) in self.groups.iter_mut().zip(&other.groups) {
            sum.cash = sum.cash.checked_add(more.cash).expect("a counter fits 64 bits");
            sum.listings += more.listings;
        }
        self.content.add(&other.content);
        self.ledger.add(&other.ledger);
        self.mechanisms.merge(&other.mechanisms);
        self.rows = self.rows.wrapping_add(other.rows);
        self.mail = self.mail.wrapping_add(other.mail);
        self.listings = self.listings.wrapping_add(other.listings);
        add_columns(&mut self.medians, &other.medians);
        add_columns(&mut self.unplaced, &other.unplaced);
        for (sum, more) in self.assistants.iter_mut().zip(&other.assistants) {
            sum.add(more);
        }
    }
}

/// Tallies by listing: dense columns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Listings {
    /// Shipped orders.
    #[serde(with = "sim_core::columns")]
    pub orders: Vec<i64>,
    /// GMV of shipped orders, money units.
    #[serde(with = "sim_core::columns")]
    pub gmv: Vec<i64>,
    /// Cash that the merchant received less what it paid for orders and returns (goods, logistics, refunds), money units.
    #[serde(with = "sim_core::columns")]
    pub cash: Vec<i64>,
    /// What merchants received for shipped orders after discounts, commission and fee, before delivery and goods, money units.
    #[serde(with = "sim_core::columns")]
    pub receipts: Vec<i64>,
    /// GMV returned.
    #[serde(with = "sim_core::columns")]
    pub refunds: Vec<i64>,
    /// Orders refused for stock.
    #[serde(with = "sim_core::columns")]
    pub stockouts: Vec<i64>,
    /// Advertising; empty columns where nobody advertises.
    pub ads: AdTallies,
    /// Lost sales by listing and cause; empty where losses are not attributed.
    pub losses: Vec<u32>,
    /// Questions, shoppers addressed and what was chosen after them, three numbers a listing; empty where nobody asks.
    pub asked: Vec<u32>,
    /// Contacts after the sale, six numbers a listing; empty where nobody contacts service.
    pub contacts: Vec<u32>,
    /// Shoppers who departed, by listing, by what is known of the place (item, shop) and by cause; empty where none did.
    pub departed: Vec<u32>,
}

impl Listings {
    /// Zeros.
    #[must_use]
    pub fn new(catalog: &Catalog) -> Listings {
        let listings = catalog.listings.len();
        let zeros = || vec![0; listings];
        let ads = if catalog.advertises() { AdTallies::new(listings) } else { AdTallies::default() };
        Listings {
            orders: zeros(),
            gmv: zeros(),
            cash: zeros(),
            receipts: zeros(),
            refunds: zeros(),
            stockouts: zeros(),
            ads,
            losses: Vec::new(),
            asked: Vec::new(),
            contacts: Vec::new(),
            departed: Vec::new(),
        }
    }

    /// Adds departures to a table that is as long as the listings are many as soon as there is one.
    pub(crate) fn depart(&mut self, listing: usize, known: usize, cause: Cause, shoppers: u32) {
        self.departed.resize(self.orders.len() * DEPARTED, 0);
        self.departed[listing * DEPARTED + known * Cause::COUNT + cause as usize] += shoppers;
    }
}

impl Sum for Listings {
    fn add(&mut self, other: &Listings) {
        add_columns(&mut self.orders, &other.orders);
        add_columns(&mut self.gmv, &other.gmv);
        add_columns(&mut self.cash, &other.cash);
        add_columns(&mut self.receipts, &other.receipts);
        add_columns(&mut self.refunds, &other.refunds);
        add_columns(&mut self.stockouts, &other.stockouts);
        self.ads.add(&other.ads);
        if !other.departed.is_empty() {
            self.departed.resize(other.departed.len(), 0);
            self.departed.iter_mut().zip(&other.departed).for_each(|(sum, more)| *sum += more);
        }
        for (into, from) in [(&mut self.losses, &other.losses), (&mut self.asked, &other.asked), (&mut self.contacts, &other.contacts)] {
            assert_eq!(into.len(), from.len(), "the same listings");
            for (sum, more) in into.iter_mut().zip(from) {
                *sum = sum.checked_add(*more).expect("counts of a listing fit 32 bits");
            }
        }
    }
}

impl Listings {
    fn columns(&mut self) -> [&mut Vec<i64>; 6] {
        let Listings { orders, gmv, cash, receipts, refunds, stockouts, .. } = self;
        [orders, gmv, cash, receipts, refunds, stockouts]
    }
}

impl Owned for Listings {
    fn select(&self, places: &[u32]) -> Listings {
        let Listings { orders, gmv, cash, receipts, refunds, stockouts, ads, losses, asked, contacts, departed } = self;
        let columns = [orders, gmv, cash, receipts, refunds, stockouts];
        let [orders, gmv, cash, receipts, refunds, stockouts] = columns.map(|column| select(column, places));
        let (losses, asked) = (select_rows(losses, Cause::COUNT, places), select_rows(asked, ASKED, places));
        let (contacts, departed) = (select_rows(contacts, CONTACTS, places), select_rows(departed, DEPARTED, places));
        Listings { orders, gmv, cash, receipts, refunds, stockouts, ads: ads.select(places), losses, asked, contacts, departed }
    }

    fn add_at(&mut self, places: &[u32], part: &Listings) {
        add_rows_at(&mut self.losses, Cause::COUNT, places, &part.losses);
        add_rows_at(&mut self.asked, ASKED, places, &part.asked);
        add_rows_at(&mut self.contacts, CONTACTS, places, &part.contacts);
        if !part.departed.is_empty() {
            self.departed.resize(self.orders.len() * DEPARTED, 0);
            add_rows_at(&mut self.departed, DEPARTED, places, &part.departed);
        }
        self.ads.add_at(places, &part.ads);
        let Listings { orders, gmv, cash, receipts, refunds, stockouts, .. } = part;
        for (into, from) in self.columns().into_iter().zip([orders, gmv, cash, receipts, refunds, stockouts]) {
            add_at(into, places, from);
        }
    }
}

/// The values of a column at `places`; none of a column that is left out.
pub(crate) fn select(column: &[i64], places: &[u32]) -> Vec<i64> {
    if column.is_empty() { Vec::new() } else { places.iter().map(|&place| column[place as usize]).collect() }
}

pub(crate) fn add_at(into: &mut [i64], places: &[u32], part: &[i64]) {
    assert!(part.len() == if into.is_empty() { 0 } else { places.len() }, "columns of one shape");
    for (&place, &value) in places.iter().zip(part) {
        let sum = &mut into[place as usize];
        *sum = sum.checked_add(value).expect("tally overflow");
    }
}

/// The rows of `width` numbers at `places`; none of a table that is left out.
pub(crate) fn select_rows(table: &[u32], width: usize, places: &[u32]) -> Vec<u32> {
    if table.is_empty() {
        return Vec::new();
    }
    places.iter().flat_map(|&place| &table[place as usize * width..(place as usize + 1) * width]).copied().collect()
}

fn add_rows_at(into: &mut [u32], width: usize, places: &[u32], part: &[u32]) {
    assert!(part.len() == if into.is_empty() { 0 } else { places.len() * width }, "tables of one shape");
    for (&place, row) in places.iter().zip(part.chunks_exact(width)) {
        for (sum, more) in into[place as usize * width..].iter_mut().zip(row) {
            *sum = sum.checked_add(*more).expect("counts of a listing fit 32 bits");
        }
    }
}

/// Demand for pieces.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Demand {
    /// Pieces by listing; empty where every stock is unlimited.
    #[serde(with = "sim_core::columns")]
    pub pieces: Vec<i64>,
}

impl Owned for Demand {
    fn select(&self, places: &[u32]) -> Demand {
        Demand { pieces: select(&self.pieces, places) }
    }

    fn add_at(&mut self, places: &[u32], part: &Demand) {
        add_at(&mut self.pieces, places, &part.pieces);
    }
}

impl Sum for Demand {
    fn add(&mut self, other: &Demand) {
        add_columns(&mut self.pieces, &other.pieces);
    }
}

/// Claims on budgets: money by slot (see `Bazaar::money_slot`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Budgets {
    /// Money claimed, money units.
    #[serde(with = "sim_core::columns")]
    pub claimed: Vec<i64>,
}

impl Sum for Budgets {
    fn add(&mut self, other: &Budgets) {
        add_columns(&mut self.claimed, &other.claimed);
    }
}
