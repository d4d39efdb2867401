namespace CimStore.Cli.Commands;

/// <summary>
/// The commands by name, for the first page of help. Plain strings, so that this page costs no parser;
/// <see cref="CommandFactory"/> makes the commands themselves.
/// </summary>
internal static class CommandIndex
{
    public const string ProgramName = "cimstore";

    public static readonly (string Group, (string Name, string Summary)[] Commands)[] Groups =
    [
        ("Content",
        [
            ("put", "Store files, standard input or whole directories; prints their CIDs"),
            ("get", "Write content to a file, or restore a directory tree"),
            ("cat", "Write content, or a range of it, to standard output"),
            ("stat", "Show the record of one content"),
            ("ls", "List the CIDs of everything stored"),
            ("rm", "Remove a reference; the content goes, after a grace, when none is left"),
            ("verify", "Read every copy from its medium and prove it"),
            ("explain", "Say why content is where it is"),
            ("whereis", "Say where the copies of content are, and in what state"),
            ("replicate", "Have more or fewer copies of content, never fewer than its class needs"),
            ("migrate", "Move content to a tier now"),
        ]),
        ("Names",
        [
            ("name", "Give names to CIDs: set, get, ls, history, watch, rm"),
        ]),
        ("Exchange",
        [
            ("import", "Read a CAR file, every block verified"),
            ("export", "Write content to a CAR file that other tools read"),
            ("dag", "Put and get structured data: dag-cbor, dag-json, dag-pb, raw"),
        ]),
        ("Node",
        [
            ("serve", "Run a node: HTTP API on the data directory"),
            ("config", "Check a node's configuration file; print its schema"),
            ("policy", "Show, check and simulate migration policies"),
            ("translate", "Check translation rules; show what they make of an event"),
            ("dead-letters", "Events that no rule could translate: list, show, replay, rm"),
            ("status", "Show objects, space, owners and warnings"),
            ("events", "Show what happened, and follow it"),
            ("audit", "Verify the hash chain of the events"),
        ]),
        ("Maintenance",
        [
            ("check", "Compare records, events and bytes of the whole store"),
            ("fsck", "Compare the catalog with what lies at every location, both ways"),
            ("scrub", "Prove copies again from their medium, and mend what is wrong"),
            ("repair", "Make the copies and parts that are owed, now"),
            ("debts", "List content that owes copies or parts"),
            ("jobs", "Long work: how far it is; pause, resume, cancel"),
            ("tiers", "Show the measured latency of each tier beside its class"),
            ("location", "Locations: what is there, drain one, retire it"),
            ("inventory", "Export every object and copy as JSON Lines or CSV"),
            ("rebuild", "Make the index again from the log, or the catalog from other locations"),
            ("gc", "Give back the space of released content"),
            ("pool", "Directories of an erasure-coded pool: replace, heal"),
            ("scavenge", "Move what the policy says is due, and pay the copies that are owed"),
            ("nats", "Back up streams of a NATS server, and restore them"),
            ("bench", "Measure a scratch store on this disk"),
        ]),
        ("This program",
        [
            ("completion", "Print a completion script for bash, zsh or fish"),
            ("version", "Show the version and where the data is"),
        ]),
    ];

    /// <summary>Whether the command line is one of those that the first page of help answers.</summary>
    public static bool IsAskedFor(string[] args) => args is [] or ["--help"] or ["-h"] or ["-?"] or ["help"];

    public static bool Has(string name)
    {
        foreach (var (_, commands) in Groups)
        {
            foreach (var command in commands)
            {
                if (command.Name == name)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
