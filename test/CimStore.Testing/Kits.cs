namespace CimStore.Testing;

/// <summary>
/// Finds the folder of third-party test vectors, which is not part of the repository. It lies beside the root as
/// <c>../shared/kits</c>, or where the environment variable CIMSTORE_KITS says.
/// </summary>
public static class Kits
{
    /// <summary>The kits folder, or null when this machine has none.</summary>
    public static string? Find()
    {
        var named = Environment.GetEnvironmentVariable("CIMSTORE_KITS");
        if (!string.IsNullOrEmpty(named))
        {
            return Directory.Exists(named) ? named : null;
        }

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent;
        }

        var kits = folder?.Parent is { } parent ? Path.Combine(parent.FullName, "shared", "kits") : null;
        return Directory.Exists(kits) ? kits : null;
    }

    /// <summary>
    /// The path of a file or folder in the kits. Where it is absent the test is skipped with the reason; under
    /// <c>CI=true</c> it fails, so that a green run has run everything.
    /// </summary>
    public static string Require(string relative)
    {
        var path = Find() is { } kits ? Path.Combine(kits, relative) : null;
        if (path is not null && Path.Exists(path))
        {
            return path;
        }

        var reason = $"Test vectors '{relative}' are absent: set CIMSTORE_KITS to the kits folder.";
        Requirement.Missing(reason);
        return null;
    }
}
