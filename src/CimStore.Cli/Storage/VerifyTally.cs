namespace CimStore.Cli.Storage;

/// <summary>What a verification has seen so far.</summary>
internal sealed class VerifyTally
{
    public long Good { get; private set; }

    public long Bad { get; private set; }

    public long Missing { get; private set; }

    /// <summary>Content of which a copy could not be looked at, and none was found wrong.</summary>
    public long Unread { get; private set; }

    public long Bytes { get; private set; }

    public void Count(string state, long bytes)
    {
        switch (state)
        {
            case "ok":
                Good++;
                Bytes += bytes;
                break;
            case "missing":
                Missing++;
                break;
            case "unread":
                Unread++;
                break;
            default:
                Bad++;
                break;
        }
    }
}
