//! Countries of Europe and America: cities, company names and people, each with its own habits.
//!
//! Numbers are those that the regulators keep for fiction where there are such (Germany, France, United Kingdom, the
//! American 555), so that nobody real is ever called from a demo.

use super::{
    names_zh::Trade,
    places_english::{AMERICA, BRITAIN},
};

/// How an address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// Street 12, 80331 City
    StreetNumber,
    /// 12 Street, 69003 City
    NumberStreet,
    /// 12 Street, City 43215
    ZipLast,
}

/// A city: name, postal code, the beginning of its phone numbers and how many digits follow.
pub(super) type City = (&'static str, &'static str, &'static str, usize);

/// A country.
#[derive(Debug)]
pub(super) struct Country {
    /// The region's entry in the dictionary.
    pub(super) region: &'static str,
    /// Its name after an address, in English.
    pub(super) name: &'static str,
    /// Cities.
    pub(super) cities: &'static [City],
    /// Streets.
    pub(super) streets: &'static [&'static str],
    /// How an address is written.
    pub(super) address: Address,
    /// The distinguishing part of company names.
    pub(super) marks: &'static [&'static str],
    /// What companies do; `{}` is the mark.
    pub(super) trades: &'static [Trade],
    /// Legal forms.
    pub(super) forms: &'static [&'static str],
    /// First names of men and women.
    pub(super) first: [&'static [&'static str]; 2],
    /// Surnames.
    pub(super) last: &'static [&'static str],
    /// Kinds of banks; `{}` is the city.
    pub(super) banks: &'static [&'static str],
}

/// The countries.
pub(super) const COUNTRIES: &[Country] = &[GERMANY, BRITAIN, AMERICA, FRANCE, NETHERLANDS, ITALY];

const GERMANY: Country = Country {
    region: "de",
    name: "Germany",
    cities: &[
        ("Berlin", "10115", "+49 30 23125 ", 3),
        ("Hamburg", "20095", "+49 40 66969 ", 3),
        ("München", "80331", "+49 89 99998 ", 3),
        ("Köln", "50667", "+49 221 4710 ", 3),
        ("Frankfurt am Main", "60311", "+49 69 90009 ", 3),
        ("Stuttgart", "70173", "+49 711 555 ", 4),
        ("Düsseldorf", "40213", "+49 211 555 ", 4),
        ("Nürnberg", "90402", "+49 911 555 ", 4),
        ("Leipzig", "04109", "+49 341 555 ", 4),
        ("Bielefeld", "33602", "+49 521 555 ", 4),
    ],
    streets: &[
        "Lindenstraße",
        "Industriestraße",
        "Bahnhofstraße",
        "Am Hafen",
        "Gewerbering",
        "Schillerstraße",
        "Werkstraße",
        "Mühlenweg",
        "Gartenstraße",
        "Daimlerring",
    ],
    address: Address::StreetNumber,
    marks: &[
        "Brenner",
        "Hofstetter",
        "Reuter",
        "Seidel",
        "Vogt",
        "Amberg",
        "Dornbach",
        "Eberlein",
        "Falkner",
        "Gruber",
        "Hartwig",
        "Imhof",
        "Jansen",
        "Kessler",
        "Lohmann",
        "Merten",
        "Nagel",
        "Ostermann",
        "Petersen",
        "Riedel",
        "Steinbrück",
        "Thiele",
        "Ulmer",
        "Volkmar",
        "Wendt",
        "Zeller",
        "Brandt & Sohn",
        "Gebr. Köster",
    ],
    trades: &[
        ("{} Maschinenbau", "making"),
        ("{} Präzisionstechnik", "making"),
        ("{} Werkzeugbau", "making"),
        ("{} Verpackungen", "making"),
        ("{} Anlagenbau", "making"),
        ("{} Kunststofftechnik", "making"),
        ("{} Messtechnik", "electronics"),
        ("{} Elektronik", "electronics"),
        ("{} Medizintechnik", "health"),
        ("{} Spedition", "transport"),
        ("{} Baustoffe", "building"),
        ("{} Feinkost", "food"),
        ("{} Wassertechnik", "energy"),
        ("{} Solartechnik", "energy"),
        ("{} Systemhaus", "software"),
        ("{} Lacke", "chemistry"),
        ("{} Industriebedarf", "trade"),
    ],
    forms: &["GmbH", "GmbH", "GmbH", "GmbH & Co. KG", "AG", "KG"],
    first: [
        &["Thomas", "Stefan", "Andreas", "Lukas", "Markus", "Jens", "Felix", "Bernd", "Uwe", "Tobias"],
        &["Anna", "Katrin", "Sabine", "Julia", "Monika", "Laura", "Petra", "Svenja", "Heike", "Lena"],
    ],
    last: &[
        "Müller", "Schmidt", "Fischer", "Weber", "Becker", "Schäfer", "Koch", "Richter", "Wolf", "Neumann", "Krüger",
        "Hofmann", "Lange", "Krause", "Lehmann", "König", "Walter", "Jäger", "Böhm", "Winkler",
    ],
    banks: &["Sparkasse {}", "Volksbank {}"],
};

const FRANCE: Country = Country {
    region: "fr",
    name: "France",
    cities: &[
        ("Paris", "75011", "+33 1 99 00 ", 4),
        ("Lyon", "69003", "+33 4 65 71 ", 4),
        ("Lille", "59000", "+33 3 53 01 ", 4),
        ("Toulouse", "31000", "+33 5 36 49 ", 4),
        ("Nantes", "44000", "+33 2 61 91 ", 4),
        ("Strasbourg", "67000", "+33 3 53 01 ", 4),
        ("Grenoble", "38000", "+33 4 65 71 ", 4),
    ],
    streets: &[
        "rue des Artisans",
        "avenue de la Gare",
        "rue Pasteur",
        "boulevard Voltaire",
        "rue de l'Industrie",
        "chemin du Moulin",
        "avenue Jean Jaurès",
        "rue du Port",
    ],
    address: Address::NumberStreet,
    marks: &[
        "Moreau",
        "Lefèvre",
        "Girard",
        "Bonnet",
        "Fontaine",
        "Chevalier",
        "Mercier",
        "Blanchard",
        "Faure",
        "Perrin",
        "Marchand",
        "Dumas",
        "Vasseur",
        "Delmas",
        "Roussel",
        "Besson",
        "Noël Frères",
    ],
    trades: &[
        ("{} Emballages", "making"),
        ("Ateliers {}", "making"),
        ("{} Mécanique", "making"),
        ("Imprimerie {}", "making"),
        ("{} Textiles", "making"),
        ("{} Électronique", "electronics"),
        ("Transports {}", "transport"),
        ("{} Instruments", "electronics"),
        ("{} Agroalimentaire", "food"),
        ("{} Matériaux", "building"),
        ("{} Énergies", "energy"),
        ("Laboratoires {}", "health"),
        ("{} Informatique", "software"),
        ("{} Négoce", "trade"),
    ],
    forms: &["SARL", "SARL", "SAS", "SAS", "SA"],
    first: [
        &["Pierre", "Julien", "Nicolas", "Laurent", "Antoine", "Olivier", "Mathieu", "Christophe"],
        &["Sophie", "Camille", "Isabelle", "Nathalie", "Élodie", "Céline", "Aurélie", "Juliette"],
    ],
    last: &[
        "Martin", "Bernard", "Dubois", "Petit", "Durand", "Leroy", "Simon", "Laurent", "Michel", "Garcia", "Bertrand",
        "Morel", "Fournier", "Guérin", "Lambert", "Rey",
    ],
    banks: &[],
};

const NETHERLANDS: Country = Country {
    region: "nl",
    name: "Netherlands",
    cities: &[
        ("Rotterdam", "3011 AB", "+31 10 555 ", 4),
        ("Eindhoven", "5611 CD", "+31 40 555 ", 4),
        ("Utrecht", "3511 EH", "+31 30 555 ", 4),
        ("Amsterdam", "1011 KL", "+31 20 555 ", 4),
        ("Groningen", "9711 MN", "+31 50 555 ", 4),
    ],
    streets: &["Havenweg", "Stationsstraat", "Industrieweg", "Kanaalkade", "Molenstraat", "Parallelweg"],
    address: Address::StreetNumber,
    marks: &[
        "De Wit",
        "Van Dijk",
        "Bakker",
        "Visser",
        "Smeets",
        "Kuipers",
        "Hoekstra",
        "Van der Veen",
        "Postma",
        "Mulder",
        "Dekker",
        "Kramer",
        "Brouwer",
        "Jonker",
        "Scholten",
    ],
    trades: &[
        ("{} Techniek", "making"),
        ("{} Verpakkingen", "making"),
        ("{} Machines", "making"),
        ("{} Staalbouw", "building"),
        ("{} Installaties", "building"),
        ("{} Logistiek", "transport"),
        ("{} Voeding", "food"),
        ("{} Kassenbouw", "food"),
        ("{} Elektrotechniek", "electronics"),
        ("{} Watertechniek", "energy"),
        ("{} Groothandel", "trade"),
        ("{} Automatisering", "software"),
    ],
    forms: &["B.V.", "B.V.", "B.V.", "N.V."],
    first: [
        &["Jan", "Pieter", "Bram", "Sander", "Ruben", "Wouter"],
        &["Anouk", "Femke", "Sanne", "Marieke", "Lotte", "Ilse"],
    ],
    last: &[
        "de Jong",
        "Jansen",
        "van den Berg",
        "Meijer",
        "de Boer",
        "Peters",
        "Hendriks",
        "van Leeuwen",
        "Bos",
        "Vos",
    ],
    banks: &[],
};

const ITALY: Country = Country {
    region: "it",
    name: "Italy",
    cities: &[
        ("Milano", "20121", "+39 02 555 ", 4),
        ("Torino", "10121", "+39 011 555 ", 4),
        ("Bologna", "40121", "+39 051 555 ", 4),
        ("Brescia", "25121", "+39 030 555 ", 4),
        ("Padova", "35121", "+39 049 555 ", 4),
    ],
    streets: &["Via Roma", "Via Garibaldi", "Via dell'Industria", "Corso Italia", "Via Mazzini", "Via del Lavoro"],
    address: Address::StreetNumber,
    marks: &[
        "Ferraro",
        "Conti",
        "Marchetti",
        "Rinaldi",
        "Galli",
        "Barbieri",
        "Lombardi",
        "Fontana",
        "Caruso",
        "Mariani",
        "Ferrante",
        "Santoro",
        "Vitale",
        "Bassi",
        "Grassi",
    ],
    trades: &[
        ("Officine {}", "making"),
        ("{} Imballaggi", "making"),
        ("{} Meccanica", "making"),
        ("{} Tessuti", "making"),
        ("{} Elettronica", "electronics"),
        ("{} Strumenti", "electronics"),
        ("{} Alimentari", "food"),
        ("{} Trasporti", "transport"),
        ("{} Ceramiche", "building"),
        ("{} Impianti", "energy"),
        ("{} Chimica", "chemistry"),
        ("{} Forniture", "trade"),
    ],
    forms: &["S.r.l.", "S.r.l.", "S.p.A."],
    first: [
        &["Marco", "Luca", "Alessandro", "Giorgio", "Paolo", "Matteo"],
        &["Giulia", "Chiara", "Francesca", "Elena", "Silvia", "Paola"],
    ],
    last: &["Rossi", "Russo", "Esposito", "Colombo", "Ricci", "Marino", "Greco", "Bruno", "De Luca", "Costa"],
    banks: &[],
};

/// Positions.
pub(super) const POSITIONS: &[&str] = &[
    "Purchasing Manager",
    "Purchasing Manager",
    "Head of Procurement",
    "Buyer",
    "Managing Director",
    "Plant Manager",
    "Technical Director",
    "Maintenance Manager",
    "Production Manager",
    "Quality Manager",
    "Project Manager",
    "Automation Engineer",
    "Electrical Engineer",
    "Finance Manager",
    "Office Manager",
    "Operations Director",
];

/// Tags.
pub(super) const TAGS: &[&str] =
    &["trade fair", "referral", "web enquiry", "tender", "framework contract", "distributor", "reference customer"];

/// What is noted about a contact.
pub(super) const MEMOS: &[&str] = &[
    "Prefers e-mail",
    "Best reached before 10",
    "Decides up to 20,000 alone",
    "Out of office on Fridays",
    "Ask for the extension at the front desk",
    "Speaks some Chinese",
    "Copy on every quote",
    "Works from home on Mondays",
];
