namespace CimStore.Cli.Terminal;

/// <summary>
/// The reader of standard output went away, as `head` does: not an error, only a reason to stop at once.
/// </summary>
internal sealed class ClosedPipeException : IOException
{
    public ClosedPipeException()
        : base("Standard output was closed by its reader.")
    {
    }
}
