//! Random choices that come out the same on every machine: splitmix64.

/// Makes the demo the one it is; another seed, another company.
const SEED: u64 = 0x526f_6c6f_2025;

/// A stream of choices.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of this number, which no other stream influences.
    pub(super) fn new(stream: usize) -> Self {
        let mut random = Self(SEED ^ (stream as u64).wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound; 0 if the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let drawn = self.next();
        if bound == 0 { 0 } else { (drawn % bound as u64) as usize }
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(super) fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of a table's rows; the tables are constants and never empty.
    pub(super) fn pick<T: Copy>(&mut self, table: &[T]) -> T {
        table[self.below(table.len())]
    }

    /// A place in a table of weights.
    pub(super) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut drawn = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            if drawn < *weight {
                return place;
            }
            drawn -= weight;
        }
        0
    }

    /// So many digits, the first of them not 0.
    pub(super) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|place| char::from(b'0' + self.between(i64::from(place == 0), 9) as u8)).collect()
    }
}
