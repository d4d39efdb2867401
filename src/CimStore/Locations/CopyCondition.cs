using System.Collections.Immutable;

namespace CimStore.Locations;

/// <summary>What reading every byte of a copy from its medium showed.</summary>
/// <param name="Parts">How many parts a whole copy has.</param>
/// <param name="PartsIntact">How many of them are there and right.</param>
/// <param name="PartsNeeded">How many suffice to read the copy.</param>
/// <param name="Faults">What is wrong with the others, in words.</param>
/// <param name="BytesRead">From the medium.</param>
public sealed record CopyCondition(
    int Parts, int PartsIntact, int PartsNeeded, ImmutableArray<string> Faults, long BytesRead)
{
    public bool IsWhole => PartsIntact == Parts;

    public bool IsReadable => PartsIntact >= PartsNeeded;
}
