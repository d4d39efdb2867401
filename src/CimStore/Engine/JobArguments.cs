using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>What a job is asked to do. What exists was checked by <see cref="WhyNot"/>.</summary>
public sealed record JobArguments(JobKind Kind)
{
    /// <summary>A list this long is 64 KB of text in the job's file; a longer one is several jobs.</summary>
    public const int CidsMax = 1000;

    public const int CopiesMax = 3;

    /// <summary>The location to be drained.</summary>
    public LocationId? Location { get; init; }

    /// <summary>How many effective copies each object is to have.</summary>
    public int? Copies { get; init; }

    /// <summary>Only objects whose CID's text begins so.</summary>
    public string? Prefix { get; init; }

    /// <summary>Only these objects; empty for all.</summary>
    public ImmutableArray<Cid> Cids
    {
        // Read from JSON without the member, the array is not even empty.
        get => field.IsDefault ? [] : field;
        init;
    } = [];

    /// <returns>What is wrong with them, in words; null when nothing is.</returns>
    public string? WhyNot() => Kind switch
    {
        JobKind.Drain when Location is null => "A drain needs the location that is to be emptied.",
        JobKind.Drain when Copies is not null || Prefix is not null || !Cids.IsEmpty =>
            "A drain takes a location and nothing else: all of its copies go.",
        JobKind.Drain => null,
        JobKind.Replicate when Location is not null => "The placement says where copies go: name no location.",
        JobKind.Replicate when Copies is not (>= 1 and <= CopiesMax) => "It takes 1 to 3 copies.",
        JobKind.Scrub or JobKind.Repair when Location is not null || Copies is not null =>
            "It takes all copies of the objects: name neither a location nor a number of copies.",
        > JobKind.Repair => $"There is no job of the kind {Kind}.",
        _ when Cids.Length > CidsMax => $"At most {CidsMax} CIDs a job: start several.",
        _ when Prefix is not null && !Cids.IsEmpty => "A prefix or a list of CIDs, not both.",
        _ => null,
    };
}
