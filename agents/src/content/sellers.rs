//! Who can be met in content: the merchants of each group, by category. Static.

use crate::catalog::Catalog;

/// Merchants by group and by group and category, in the order of ids.
#[derive(Clone, Debug, Default)]
pub struct Sellers {
    categories: usize,
    groups: Vec<Vec<u32>>,
    cells: Vec<Vec<u32>>,
    category: Vec<u16>,
}

impl Sellers {
    /// The merchants of a catalog; each sells in one category.
    #[must_use]
    pub fn new(catalog: &Catalog) -> Sellers {
        let categories = catalog.categories.len();
        let mut sellers = Sellers {
            categories,
            groups: vec![Vec::new(); catalog.groups.len()],
            cells: vec![Vec::new(); catalog.groups.len() * categories],
            category: Vec::with_capacity(catalog.merchants.len()),
        };
        for (id, merchant) in catalog.merchants.iter().enumerate() {
            let category = catalog.listings[merchant.listings[0] as usize].category;
            sellers.groups[merchant.group as usize].push(id as u32);
            sellers.cells[merchant.group as usize * categories + category as usize].push(id as u32);
            sellers.category.push(category);
        }
        sellers
    }

    /// The merchants of a group that sell in a category; all of the group where none does.
    pub(crate) fn of(&self, group: usize, category: Option<usize>) -> &[u32] {
        let cell = category.map(|c| &self.cells[group * self.categories + c][..]).filter(|cell| !cell.is_empty());
        cell.unwrap_or(&self.groups[group])
    }

    /// The category of a merchant.
    #[inline]
    pub(crate) fn category(&self, merchant: u32) -> usize {
        self.category[merchant as usize] as usize
    }
}

/// The platforms on which each merchant sells now, as bits.
#[must_use]
pub(crate) fn presence(catalog: &Catalog, listed: &[bool]) -> Vec<u8> {
    let mut on = vec![0u8; catalog.merchants.len()];
    for (listing, _) in catalog.listings.iter().zip(listed).filter(|(_, listed)| **listed) {
        on[listing.merchant as usize] |= 1 << listing.platform;
    }
    on
}
