//! What `rolod` understands on its command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use rolo_proto::join::Address;

use crate::Listen;

#[derive(Debug, Parser)]
#[command(name = "rolod", version, about = "The Rolo server", max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a company's database
    Init(Init),
    /// Serve a data directory until told to stop
    Serve(Serve),
    /// The certificate of the directory, which clients pin
    Tls {
        #[command(subcommand)]
        command: Tls,
    },
    /// Administer people's accounts
    User {
        #[command(subcommand)]
        command: User,
    },
    /// Look after the audit log
    Audit {
        #[command(subcommand)]
        command: Audit,
    },
    /// Copy the database, running or not, to a new file, and verify the copy
    Backup {
        #[command(flatten)]
        place: At,
        /// The file to write
        file: PathBuf,
    },
    /// Recompute kept figures and compare them
    Figures {
        #[command(flatten)]
        place: At,
        /// Mend what differs
        #[arg(long)]
        repair: bool,
    },
    /// Look over what keeps the data safe, and say what to do; ends with 1 if something is wrong
    Doctor {
        #[command(flatten)]
        place: At,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct At {
    /// The data directory
    #[arg(long, env = "ROLO_DATA", value_name = "DIR")]
    pub(super) data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    pub(super) place: At,
    /// The account of the first person, who administers, supervises and sells
    #[arg(long, value_name = "NAME")]
    pub(super) admin: String,
    /// The first person's name
    #[arg(long, default_value = "", value_name = "NAME")]
    pub(super) display_name: String,
    /// A file with the password; without it a one-time password is made and printed
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// The first person administers and nothing else
    #[arg(long)]
    pub(super) admin_only: bool,
    /// The company's name
    #[arg(long, default_value = "Rolo")]
    pub(super) company: String,
    /// The zone in which the company's days begin
    #[arg(long, default_value = "Asia/Shanghai", value_name = "ZONE")]
    pub(super) time_zone: String,
    /// The company's currency, fixed from then on
    #[arg(long, default_value = "CNY", value_name = "CODE")]
    pub(super) currency: String,
    /// The company's language: zh or en
    #[arg(long, default_value = "zh", value_name = "LANG")]
    pub(super) language: String,
    /// Make a certificate too, so that people can work over the network, and print the join code
    #[arg(long)]
    pub(super) tls: bool,
    /// Where people reach this machine: NAME_OR_IP[:PORT], by default its own name and 7656; may be repeated
    #[arg(long = "host", value_name = "HOST", requires = "tls")]
    pub(super) hosts: Vec<Address>,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) place: At,
    /// Listen here too; may be repeated: unix:PATH, or ADDRESS:PORT (0.0.0.0:7656), which is encrypted where there is a
    /// certificate and must be loopback where there is none, or plain:ADDRESS:PORT, loopback and not encrypted
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Vec<Listen>,
    /// A certificate with those between it and its CA, PEM, instead of the directory's own
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(super) cert: Option<PathBuf>,
    /// The private key of --cert, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(super) key: Option<PathBuf>,
    /// Describe the API to whoever asks
    #[arg(long)]
    pub(super) reflection: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Tls {
    /// Make the certificate, print its fingerprint and the join code
    Init(Hosts),
    /// Print the fingerprint and the join code again, for other addresses if --host says so
    Show(Hosts),
}

#[derive(Debug, Args)]
pub(super) struct Hosts {
    #[command(flatten)]
    pub(super) place: At,
    /// Where people reach this machine: NAME_OR_IP[:PORT], by default its own name and 7656; may be repeated
    #[arg(long = "host", value_name = "HOST")]
    pub(super) hosts: Vec<Address>,
}

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add an account
    Add(AddUser),
    /// Disable an account and end its sessions
    Disable(Named),
    /// Enable an account again
    Enable(Named),
    /// Give an account another password and end its sessions
    Reset {
        #[command(flatten)]
        named: Named,
        /// A file with the password; without it a one-time password is made and printed
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Replace the roles of an account: admin, supervisor, manager, executive, service
    Roles {
        #[command(flatten)]
        named: Named,
        /// A role; may be repeated
        #[arg(long = "role", required = true, value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        place: At,
    },
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The account
    pub(super) name: String,
    #[command(flatten)]
    pub(super) place: At,
}

#[derive(Debug, Args)]
pub(super) struct AddUser {
    #[command(flatten)]
    pub(super) named: Named,
    /// A role: admin, supervisor, manager, executive, service; may be repeated
    #[arg(long = "role", required = true, value_name = "ROLE")]
    pub(super) roles: Vec<String>,
    /// A file with the password, which is final; without it a one-time password is made and printed
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// The person's name
    #[arg(long, default_value = "", value_name = "NAME")]
    pub(super) display_name: String,
    /// The department, as a path A/B; what is missing is made
    #[arg(long, default_value = "", value_name = "PATH")]
    pub(super) department: String,
    /// The superior's account
    #[arg(long, default_value = "", value_name = "NAME")]
    pub(super) superior: String,
    /// E-mail address
    #[arg(long, default_value = "")]
    pub(super) email: String,
    /// Telephone
    #[arg(long, default_value = "")]
    pub(super) phone: String,
    /// Salesperson code: two letters and four digits
    #[arg(long, default_value = "")]
    pub(super) code: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Recompute every hash of the audit log
    Verify {
        #[command(flatten)]
        place: At,
    },
}
