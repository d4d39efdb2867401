namespace CimStore.Nats.Journal;

/// <summary>Where a cluster's journal lies, and how long its writers are patient.</summary>
public sealed class JournalOptions
{
    /// <summary>The stream's name.</summary>
    public string Stream { get; set; } = "CIM-STORAGE-JOURNAL";

    /// <summary>What its subjects begin with. Nothing else may publish there.</summary>
    public string SubjectPrefix { get; set; } = "journal.storage";

    /// <summary>1, or 3 and more: with 2 the loss of either stops all writing (D14).</summary>
    public int Replicas
    {
        get;
        set => field = value is 1 or (>= 3 and <= 5)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value), value,
                "Replicas must be 1, 3, 4 or 5: with 2 the loss of either server stops all writing.");
    } = 1;

    /// <summary>For how long the server knows a message that comes again. Longer than <see cref="Patience"/>.</summary>
    public TimeSpan DuplicateWindow
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
    } = TimeSpan.FromMinutes(2);

    /// <summary>How long a change is offered again when nobody answers, before its outcome counts as unknown.
    /// </summary>
    public TimeSpan Patience
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(50));
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether the servers write to the disk before they acknowledge (<c>sync_interval: always</c>, 2.10 and newer).
    /// No server says so of itself.
    /// </summary>
    public bool ServersSyncAlways { get; set; }
}
