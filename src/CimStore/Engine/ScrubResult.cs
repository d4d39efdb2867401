namespace CimStore.Engine;

/// <summary>What one run of the scrub did.</summary>
/// <param name="Objects">Objects whose copies were looked at.</param>
/// <param name="Copies">Copies that were read whole and are right.</param>
/// <param name="BytesRead">From the media, spare parts included.</param>
/// <param name="Wrong">Copies found wrong, and quarantined.</param>
/// <param name="Repaired">Objects whose wrong copies, or copies without all their parts, are right again.</param>
/// <param name="Owing">Objects that still owe something; it is tried again, later each time.</param>
/// <param name="Hopeless">Of those, objects without any copy that proves.</param>
/// <param name="Unread">Objects with a copy that could not be looked at: its location failed.</param>
public sealed record ScrubResult(
    long Objects, long Copies, long BytesRead, long Wrong, long Repaired, long Owing, long Hopeless, long Unread)
{
    public static readonly ScrubResult None = new(0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Why the last of those could not be looked at; null where all could.</summary>
    public string? WhyUnread { get; init; }
}
