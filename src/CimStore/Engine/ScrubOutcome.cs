namespace CimStore.Engine;

/// <summary>What proving the copies of one object showed, and what was done about it.</summary>
/// <param name="Proved">Copies that are right.</param>
/// <param name="Wrong">Copies that were quarantined.</param>
/// <param name="Mended">Copies that could be read, lacked parts, and have them again.</param>
/// <param name="BytesRead">From the media.</param>
/// <param name="Owed">Parts that a copy still lacks, in words; null when none does.</param>
/// <param name="Unread">Why a copy could not be looked at; null when all were.</param>
internal sealed record ScrubOutcome(
    int Proved, int Wrong, int Mended, long BytesRead, string? Owed, string? Unread);
