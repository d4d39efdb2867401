using System.Text.Json;

namespace CimStore.Server.Configuration;

/// <summary>Reads the one file that configures a node, and checks it as a whole.</summary>
public static class ConfigurationFile
{
    /// <param name="path">The file; relative paths inside are relative to its folder.</param>
    /// <param name="deviceOf">
    /// A number that directories on one device share, null for one that is not there:
    /// <see cref="BlockDevice.Of(string)"/>.
    /// </param>
    /// <exception cref="ConfigurationException">The file is refused; it names every error with its place.</exception>
    /// <exception cref="ArgumentException">A <c>CIMSTORE__</c> variable is refused.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static NodeConfiguration Read(string path, Func<string, ulong?> deviceOf)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(deviceOf);
        return Parse(path, Bytes(path), deviceOf);
    }

    /// <summary>The same of bytes that were read already.</summary>
    public static NodeConfiguration Parse(string path, ReadOnlyMemory<byte> utf8, Func<string, ulong?> deviceOf)
    {
        var source = JsonSource.Parse(path, utf8);
        var findings = new ConfigurationFindings(source);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var reader = new TiersReader(source, folder, findings);
        var nats = new NatsReader(source, folder, findings).Read();
        var tiers = new PolicyBinder(source, findings).Bind(reader.Read()) with
        {
            Cluster = nats?.Cluster is { } cluster ? cluster with { Nats = nats } : null,
        };
        var server = source.Root.Kind == JsonValueKind.Object ? new ServerSection(source, findings).Read() : null;
        var directories = reader.Directories;
        if (server?.DataDirectory is { Length: > 0 } data && tiers.Locations.Any(l => l is LocationConfiguration.Log))
        {
            directories = [OfLog(source.Root, tiers, data), .. directories];
        }

        DirectoryCheck.Check(directories, findings);
        if (!findings.HasErrors)
        {
            new DomainCheck(tiers, directories, deviceOf, findings).Check(source.Root);
        }

        return findings.HasErrors || server is null
            ? throw new ConfigurationException(findings.ToArray())
            : new NodeConfiguration(server, tiers, findings.ToArray()) { Nats = nats };
    }

    /// <summary>The data directory is relative to where the node is started, as it always was.</summary>
    private static ConfiguredDirectory OfLog(JsonNodeAt root, TiersConfiguration tiers, string data)
    {
        var node = root.Properties
            .FirstOrDefault(p => string.Equals(p.Name, "dataDirectory", StringComparison.OrdinalIgnoreCase))?.Value;
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(data));
        var log = tiers.Locations.OfType<LocationConfiguration.Log>().First();
        return new ConfiguredDirectory(log.Id.Name, null, path, RealPath.Of(path), log.Labels, node ?? root);
    }

    /// <summary>A byte more than may be there tells a file that is too large from one that just fits.</summary>
    internal static byte[] Bytes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var size = file.CanSeek ? Math.Min(file.Length, JsonSource.SizeMaxBytes) : JsonSource.SizeMaxBytes;
        var bytes = new byte[size + 1];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
