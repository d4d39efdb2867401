namespace CimStore.Journal;

/// <summary>
/// How long a catalog remembers the ids of commands. It is no setting: what is remembered follows from the journal
/// alone, so that a catalog made anew remembers the same.
/// </summary>
public static class CommandRetention
{
    /// <summary>Ids that were remembered last are kept, up to so many: some 80 bytes each, 80 MB.</summary>
    public const int CountMax = 1_000_000;

    /// <summary>Each command that is remembered makes room by at most so many: no command pays for a burst.</summary>
    public const int ForgottenPerCommandMax = 2;

    /// <summary>Older ids go. A day more than an engine may promise: its clock and the journal's may differ.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(8);

    /// <summary>The longest window that an engine may promise.</summary>
    public static readonly TimeSpan PromiseMax = TimeSpan.FromDays(7);

    /// <param name="count">Ids that are remembered, the newest included.</param>
    /// <param name="countMax">How many may be.</param>
    /// <param name="oldest">When the oldest was remembered.</param>
    /// <param name="newest">When the newest was.</param>
    public static bool ForgetsOldest(long count, long countMax, DateTimeOffset oldest, DateTimeOffset newest) =>
        count > countMax || (count > 1 && oldest + Window < newest);

    /// <summary>
    /// Up to which time ids were forgotten. One that was remembered while the clock was ahead says no more than the
    /// newest: else every id would be too old until that day.
    /// </summary>
    public static DateTimeOffset ForgottenUntil(DateTimeOffset oldest, DateTimeOffset newest) =>
        oldest < newest ? oldest : newest;
}
