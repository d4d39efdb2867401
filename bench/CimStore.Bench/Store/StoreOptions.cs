using System.Globalization;

namespace CimStore.Bench.Store;

/// <summary>What the command line asks of the store suite.</summary>
internal sealed class StoreOptions
{
    public const string Help = """
        CimStore.Bench store [options]
          --rows A,B,...     rows to run (default: all; see --list)
          --peers A,B,...    contenders to run (default: cimstore and all peers)
          --quick            small counts: about seven minutes
          --objects N        objects of the headline row (1000000)
          --field N          objects of the rows that compare every peer (100000)
          --rounds N         rounds per row, their order alternating (3; unless --quick, twice as many
                             of put4k-1 and three times as many of get4k and get64m: their turns are short)
          --large BYTES      size of the one large content (10737418240; 0 leaves the row out)
          --dir DIR          where the stores are made and removed again (./artifacts/bench-data)
          --cli PATH         the published cimstore executable (rows that start it are left out without it)
          --json FILE        appends one line per result
          --markdown FILE    writes the tables
          --list             prints the rows
        """;

    public HashSet<string> Rows { get; private set; } = [];

    public HashSet<string> Peers { get; private set; } = [];

    public bool IsQuick { get; private set; }

    public bool ListsRows { get; private set; }

    public bool WantsHelp { get; private set; }

    public int ObjectCount { get; private set; } = 1_000_000;

    public int FieldCount { get; private set; } = 100_000;

    public int RoundCount { get; private set; } = 3;

    public long LargeSizeBytes { get; private set; } = 10L << 30;

    public string Folder { get; private set; } = Path.GetFullPath("artifacts/bench-data");

    public string? CliPath { get; private set; }

    public string? JsonPath { get; private set; }

    public string? MarkdownPath { get; private set; }

    /// <summary>Bytes of the generated tree; the number of its files goes with it.</summary>
    public long TreeSizeBytes => IsQuick ? 128 << 20 : 1L << 30;

    public int TreeFileCount => IsQuick ? 1_500 : 12_000;

    /// <summary>
    /// Rounds of a row whose turns are short: what host and disk give changes from one second to the next.
    /// </summary>
    public int ManyRounds(int factor) => IsQuick ? RoundCount : factor * RoundCount;

    public static StoreOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new StoreOptions();
        if (arguments.Contains("--quick"))
        {
            options.IsQuick = true;
            options.ObjectCount = 100_000;
            options.FieldCount = 10_000;
            options.LargeSizeBytes = 1L << 30;
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            options.Set(arguments[i], () => ++i < arguments.Count
                ? arguments[i]
                : throw new ArgumentException($"{arguments[^1]} needs a value."));
        }

        return options;
    }

    private void Set(string option, Func<string> value)
    {
        switch (option)
        {
            case "--quick": break;
            case "--list": ListsRows = true; break;
            case "--help": WantsHelp = true; break;
            case "--rows": Rows = value().Split(',').ToHashSet(); break;
            case "--peers": Peers = value().Split(',').ToHashSet(); break;
            case "--objects": ObjectCount = int.Parse(value(), CultureInfo.InvariantCulture); break;
            case "--field": FieldCount = int.Parse(value(), CultureInfo.InvariantCulture); break;
            case "--rounds": RoundCount = int.Parse(value(), CultureInfo.InvariantCulture); break;
            case "--large": LargeSizeBytes = long.Parse(value(), CultureInfo.InvariantCulture); break;
            case "--dir": Folder = Path.GetFullPath(value()); break;
            case "--cli": CliPath = Path.GetFullPath(value()); break;
            case "--json": JsonPath = Path.GetFullPath(value()); break;
            case "--markdown": MarkdownPath = Path.GetFullPath(value()); break;
            default: throw new ArgumentException($"Unknown option {option}.");
        }
    }
}
