namespace CimStore.Disk.Foreign;

/// <summary>A file among the dead letters that is none that can be read; it stays where it is.</summary>
/// <param name="Id">The name of the file without its ending.</param>
/// <param name="Cause">Why it cannot be read.</param>
public sealed record UnreadableDeadLetter(string Id, string Path, string Cause)
{
    /// <summary>What is wrong and what to do, for people.</summary>
    public string Detail =>
        $"The dead letter {Id} cannot be read: {Cause}. Its file {Path} is kept; "
        + $"DELETE /api/v1/dead-letters/{Id}, or removing the file, ends this report.";
}
