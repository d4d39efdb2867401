using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>One copy that was looked at, and what became of it.</summary>
/// <param name="SizeBytes">Of the content, as the copy's header says; 0 when it says nothing.</param>
/// <param name="Made">When the copy was made, as its header says.</param>
/// <param name="Detail">What is wrong; null when nothing is.</param>
public sealed record RebuildFinding(
    ContentKey Key, LocationId Location, RebuildVerdict Verdict, long SizeBytes, DateTimeOffset Made, string? Detail)
{
    /// <summary>It can be read, and the location has it in fewer parts than it makes of one.</summary>
    public bool LacksParts { get; init; }

    /// <summary>Nothing that an operator has to look at.</summary>
    public bool IsWell => Verdict is not (RebuildVerdict.Bad or RebuildVerdict.Unread);
}
