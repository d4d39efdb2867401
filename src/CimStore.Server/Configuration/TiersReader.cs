using System.Globalization;
using System.Text.Json;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Server.Configuration;

/// <summary>Reads the part of the file that is about locations, placement, policies and background work.</summary>
internal sealed class TiersReader(JsonSource source, string folder, ConfigurationFindings findings)
{
    private const int PolicyNameLengthMax = 63;

    private readonly LocationReader _locations = new(folder, findings);

    /// <summary>Known after <see cref="Read"/>.</summary>
    public IReadOnlyList<ConfiguredDirectory> Directories => _locations.Directories;

    public TiersConfiguration Read()
    {
        // Keys of the server lie beside ours; who reads those refuses what neither knows.
        var known = source.Root.Properties.Select(property => property.Name);
        var root = new ObjectReader(source.Root, [.. known], findings);
        return new TiersConfiguration
        {
            Locations = _locations.Read(
                root, source.Root.Find("nats")?.Value.Find("cluster")?.Value is { Kind: JsonValueKind.Object }),
            Placement = Placement(root.Object("placement", ConfigurationKeys.Placement)),
            Policies = Policies(root),
            Policy = root.Text("policy", PolicyNameLengthMax) ?? TiersConfiguration.Default.Policy,
            Background = Background(root.Object("background", ConfigurationKeys.Background)),
            Space = Space(root.Object("space", ConfigurationKeys.Space)),
        };
    }

    private static PlacementConfiguration Placement(ObjectReader? reader)
    {
        var otherwise = new PlacementConfiguration();
        return reader is null ? otherwise : new PlacementConfiguration
        {
            FailureDomain = reader.Word("failureDomain", ConfigurationWords.Levels, otherwise.FailureDomain),
            Strategy = reader.Word("strategy", ConfigurationWords.Strategies, otherwise.Strategy),
            DefaultClass = reader.Find("defaultClass") is { } name
                ? reader.Word(name, ConfigurationWords.Classes, DurabilityClass.Standard)
                : null,
        };
    }

    private PolicyText? Policies(ObjectReader root)
    {
        if (root.Find("policies") is not { } list)
        {
            return null;
        }

        _ = root.Items(list, "a list of policies");
        return list.Kind == JsonValueKind.Array
            ? new PolicyText(source.Utf8[list.Start..list.End], source.Position(list.Start).Line)
            : null;
    }

    private static BackgroundConfiguration Background(ObjectReader? reader)
    {
        var otherwise = new BackgroundConfiguration();
        return reader is null ? otherwise : new BackgroundConfiguration
        {
            BytesPerSecondMax = reader.Size("bytesPerSecondMax", 1 << 20, 1L << 40, otherwise.BytesPerSecondMax),
            MovesAtOnceMax = reader.Count("movesAtOnceMax", 1, 64, otherwise.MovesAtOnceMax),
            Cycle = reader.Duration("cycle", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), otherwise.Cycle),
            ScrubCycle = reader.Duration(
                "scrubCycle", TimeSpan.FromHours(1), TimeSpan.FromDays(365), otherwise.ScrubCycle),
        };
    }

    private SpaceLimits Space(ObjectReader? reader)
    {
        var otherwise = SpaceLimits.Default;
        if (reader is null)
        {
            return otherwise;
        }

        var max = reader.Share("fillShareMax", otherwise.FillShareMax);
        var resumed = reader.Share("fillShareResumed", Math.Min(otherwise.FillShareResumed, max));
        if (resumed <= max)
        {
            return new SpaceLimits(max, resumed);
        }

        findings.Error(
            reader.Find("fillShareResumed") ?? reader.Node,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Found {resumed}; allowed is at most fillShareMax, which is {max}."));
        return otherwise;
    }
}
