using CimStore.Cli.Terminal;

namespace CimStore.Cli.Storage;

/// <summary>Where the store is: exactly one of a data directory and a node.</summary>
/// <param name="IsChosen">The user named it, by option or environment; else it is the default folder.</param>
internal sealed record StoreAddress(string DataDirectory, Uri? Server, bool IsChosen)
{
    public const string DataVariable = "CIMSTORE_DATA";
    public const string ServerVariable = "CIMSTORE_SERVER";

    /// <summary>The bearer token for a node that asks for one.</summary>
    public const string TokenVariable = "CIMSTORE_TOKEN";

    /// <summary>Options win over the environment, a node in the environment over a directory there.</summary>
    public static StoreAddress Resolve(string? data, string? server, Func<string, string?> environment)
    {
        if (data is not null && server is not null)
        {
            throw CliException.Usage("--data and --server exclude each other: a node has its own data directory.");
        }

        var directory = data ?? NotEmpty(environment(DataVariable)) ?? DefaultDirectory(environment);
        if (data is "")
        {
            throw CliException.Usage("--data needs a directory.");
        }

        var address = server ?? (data is null ? NotEmpty(environment(ServerVariable)) : null);
        var isChosen = data is not null || address is not null || NotEmpty(environment(DataVariable)) is not null;
        return new StoreAddress(Path.GetFullPath(directory), address is null ? null : ParseServer(address), isChosen);
    }

    private static string DefaultDirectory(Func<string, string?> environment)
    {
        // The XDG rule: a relative path in the variable is to be ignored.
        if (environment("XDG_DATA_HOME") is { } home && Path.IsPathRooted(home))
        {
            return Path.Combine(home, "cimstore");
        }

        return NotEmpty(environment("HOME")) is { } user
            ? Path.Combine(user, ".local", "share", "cimstore")
            : throw CliException.Usage("There is no home directory to keep the data in: give --data DIR.");
    }

    private static Uri ParseServer(string address) =>
        Uri.TryCreate(address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address,
            UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
            ? uri
            : throw CliException.Usage($"'{address}' is not a node's address, which looks like http://127.0.0.1:9640.");

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
