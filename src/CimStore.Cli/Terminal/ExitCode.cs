namespace CimStore.Cli.Terminal;

/// <summary>What the process answers to its caller. Public and stable: docs/cli.md lists them.</summary>
internal static class ExitCode
{
    /// <summary>Everything asked for was done, and all is well.</summary>
    public const int Ok = 0;

    /// <summary>Something is not well: a verification failed, or some of the items could not be done.</summary>
    public const int NotWell = 1;

    /// <summary>The command line is wrong: nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>The content, name or file is not there.</summary>
    public const int NotFound = 3;

    /// <summary>Refused by a rule: nothing changed.</summary>
    public const int Refused = 4;

    /// <summary>The disk is full, or the location or the node could not be reached or failed.</summary>
    public const int LocationFailed = 5;

    /// <summary>The bytes are not what their CID, checksum or format says.</summary>
    public const int Corrupt = 6;

    /// <summary>The data directory is in use by another process.</summary>
    public const int InUse = 7;

    /// <summary>A defect of this program.</summary>
    public const int Defect = 70;

    /// <summary>Interrupted by Ctrl-C (128 + SIGINT).</summary>
    public const int Interrupted = 130;

    /// <summary>The reader of standard output went away (128 + SIGPIPE).</summary>
    public const int ClosedPipe = 141;

    public static readonly (int Code, string Meaning)[] All =
    [
        (Ok, "done, and all is well"),
        (NotWell, "something is not well: a check failed, or some items could not be done"),
        (Usage, "the command line is wrong; nothing was done"),
        (NotFound, "the content, name or file is not there"),
        (Refused, "refused by a rule; nothing changed"),
        (LocationFailed, "disk full, or the location or node failed or cannot be reached"),
        (Corrupt, "bytes are not what their CID, checksum or format says"),
        (InUse, "the data directory is in use by another process"),
        (Defect, "a defect of cimstore; --verbose shows where"),
        (Interrupted, "interrupted; nothing is half done"),
        (ClosedPipe, "the reader of standard output went away"),
    ];
}
