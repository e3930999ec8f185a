//! What a report is asked for.

/// What belongs to one row, or one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Granularity {
    /// Functions, wherever they are defined
    Functions,
    /// Functions, with the file where they are defined
    #[value(alias = "filefunctions")]
    FileFunctions,
    /// Files
    Files,
    /// Lines
    Lines,
    /// Addresses
    Addresses,
}

/// Which samples and frames are looked at. All are regular expressions.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Filters")]
pub struct Filters {
    /// Only samples that go through a matching function, file or binary
    #[arg(long, value_name = "REGEX")]
    pub focus: Option<String>,
    /// No samples that go through a matching function, file or binary
    #[arg(long, value_name = "REGEX")]
    pub ignore: Option<String>,
    /// Without the matching frames; their samples stay
    #[arg(long, value_name = "REGEX")]
    pub hide: Option<String>,
    /// Only the matching frames
    #[arg(long, value_name = "REGEX")]
    pub show: Option<String>,
    /// Without what called the first matching frame
    #[arg(long, value_name = "REGEX")]
    pub show_from: Option<String>,
    /// Without what the last matching frame called
    #[arg(long, value_name = "REGEX")]
    pub prune_from: Option<String>,
    /// Only samples with a matching label: REGEX, KEY=REGEX, or a range such as 1kb:64kb
    #[arg(long, value_name = "TAG")]
    pub tag_focus: Option<String>,
    /// No samples with a matching label
    #[arg(long, value_name = "TAG")]
    pub tag_ignore: Option<String>,
    /// Only labels whose key matches
    #[arg(long, value_name = "REGEX")]
    pub tag_show: Option<String>,
    /// No labels whose key matches
    #[arg(long, value_name = "REGEX")]
    pub tag_hide: Option<String>,
}

/// What is measured, how it is grouped, and how much of it is shown.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Report")]
pub struct Options {
    /// Which of the profile's values, by name (inuse_space, cpu) or number from 0
    #[arg(long, value_name = "NAME")]
    pub sample_index: Option<String>,
    /// The mean: each value divided by the first one, which counts events
    #[arg(long)]
    pub mean: bool,
    /// Sort by what functions use together with what they call
    #[arg(long)]
    pub cum: bool,
    /// What belongs to one row
    #[arg(long, value_enum, value_name = "WHAT")]
    pub granularity: Option<Granularity>,
    /// At most this many rows; 0 for all [default: all in top, 80 in tree and graphs]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub node_count: Option<i64>,
    /// Without functions below this part of the total
    #[arg(
        long,
        value_name = "PART",
        default_value_t = 0.005,
        allow_negative_numbers = true
    )]
    pub node_fraction: f64,
    /// Without calls below this part of the total
    #[arg(
        long,
        value_name = "PART",
        default_value_t = 0.001,
        allow_negative_numbers = true
    )]
    pub edge_fraction: f64,
    /// Show everything, whatever the three options above say
    #[arg(long)]
    pub no_trim: bool,
    /// Unit to write values in, such as ms or MB; auto chooses one for each value
    #[arg(long, value_name = "UNIT", default_value = "minimum")]
    pub unit: String,
    /// Divide all values by this
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    pub divide_by: f64,
    /// Count inlined functions as the function that they were inlined into
    #[arg(long)]
    pub no_inlines: bool,
    /// Tell columns apart, too, where lines are
    #[arg(long)]
    pub show_columns: bool,
    /// Leave out what has become less
    #[arg(long)]
    pub drop_negative: bool,
    /// Percentages of what the filters leave, not of everything
    #[arg(long)]
    pub relative_percentages: bool,
    /// Only the most necessary lines above the report
    #[arg(long)]
    pub compact_labels: bool,
    /// Where else sources may be; several with a colon between them
    #[arg(long, value_name = "FOLDERS")]
    pub source_path: Option<String>,
    /// What to take away from the front of the profile's source paths
    #[arg(long, value_name = "FOLDERS")]
    pub trim_path: Option<String>,
    /// Samples and frames that are looked at.
    #[command(flatten)]
    pub filters: Filters,
}

impl Default for Options {
    /// What an empty command line says.
    fn default() -> Self {
        #[derive(clap::Parser)]
        struct Empty {
            #[command(flatten)]
            options: Options,
        }
        let nothing: [&str; 0] = [];
        <Empty as clap::Parser>::parse_from(nothing).options
    }
}
