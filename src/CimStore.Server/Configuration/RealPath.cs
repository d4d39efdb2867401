namespace CimStore.Server.Configuration;

/// <summary>A path without symbolic links: two names of one directory are one.</summary>
internal static class RealPath
{
    /// <summary>As the kernel's own limit (ELOOP).</summary>
    private const int LinksMax = 40;

    /// <param name="path">Absolute. What is not there, or cannot be looked at, is taken by its name.</param>
    public static string Of(string path)
    {
        var links = 0;
        return Of(path, ref links);
    }

    private static string Of(string path, ref int links)
    {
        var real = "/";
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, name);
            if (TargetOf(real) is { } target && ++links <= LinksMax)
            {
                real = Of(Path.GetFullPath(target, Path.GetDirectoryName(real)!), ref links);
            }
        }

        return real;
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
