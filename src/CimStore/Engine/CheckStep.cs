namespace CimStore.Engine;

/// <summary>What a check tells while it goes on. It is complete when the sequence ends without an exception.</summary>
public abstract record CheckStep
{
    private CheckStep()
    {
    }

    /// <summary>Told about once a second, also when nothing moves: who hears nothing has lost the node.</summary>
    /// <param name="What">What is looked at; the word that its findings have.</param>
    /// <param name="Items">How many of them so far.</param>
    /// <param name="SizeBytes">Their bytes, as far as they are read.</param>
    public sealed record Working(string What, long Items, long SizeBytes) : CheckStep
    {
        /// <summary>Where a run that is cut now can go on; null where it begins anew.</summary>
        public string? Cursor { get; init; }
    }

    /// <summary>One thing that was looked at; each thing that is wrong has its own.</summary>
    public sealed record Found(string What, bool IsWell, string Detail) : CheckStep
    {
        /// <summary>Nothing was found wrong, and something could not be looked at. That is not well.</summary>
        public bool IsUnread { get; init; }
    }
}
