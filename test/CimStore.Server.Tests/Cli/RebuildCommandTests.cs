using System.Text;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>The data directory is lost, and a command makes the catalog again from what other disks hold.</summary>
public sealed class RebuildCommandTests : IDisposable
{
    private readonly Cimstore _cimstore = new();
    private readonly string _configuration;

    public RebuildCommandTests() => _configuration = _cimstore.Write("tiers.jsonc", """
        {
          "locations": [
            { "id": "hot", "kind": "log", "tier": "hot" },
            { "id": "pool", "kind": "pool", "tier": "warm", "dataShards": 2, "parityShards": 1,
              "sets": [[{ "path": "pool/0" }, { "path": "pool/1" }, { "path": "pool/2" }]] },
            { "id": "cold", "kind": "directory", "tier": "cold", "path": "cold", "compression": "zstd" }
          ],
          "placement": { "defaultClass": "ephemeral" }
        }
        """);

    public void Dispose() => _cimstore.Dispose();

    [Fact]
    [Trait("row", "G10")]
    public async Task What_survives_the_data_directory_is_had_back_and_a_second_time_adds_nothing()
    {
        var (warm, cold) = await StoreAsync();
        Directory.Delete(_cimstore.Data, recursive: true);

        var rehearsed = (await RunAsync("rebuild", "--from", "all", "--dry-run")).Ok();
        var nothing = (await RunAsync("ls")).Ok();
        var rebuilt = (await RunAsync("rebuild", "--from", "all")).Ok();
        var again = (await RunAsync("rebuild", "--from", "cold", "--from", "pool", "--json")).Ok();

        Assert.Equal([$"{warm}\twould be admitted\tpool", $"{cold}\twould be admitted\tcold"], rehearsed.Lines);
        Assert.Contains("was used with another data directory", rehearsed.Error, StringComparison.Ordinal);
        Assert.Empty(nothing.Lines);
        Assert.Equal([$"{warm}\tadmitted\tpool", $"{cold}\tadmitted\tcold"], rebuilt.Lines);
        Assert.Contains("names, references, owners", rebuilt.Error, StringComparison.Ordinal);
        Assert.Equal(2, again.Lines.Length);
        Assert.Equal(("pool", 1, 1), (
            again.Json.GetProperty("location").GetString(), again.Json.GetProperty("copies").GetInt32(),
            again.Json.GetProperty("known").GetInt32()));
        Assert.Equal(Warm, (await RunAsync("cat", warm)).Ok().Output);
        Assert.Equal(Cold, (await RunAsync("cat", cold)).Ok().Output);
        Assert.All(
            (await RunAsync("check")).Lines.Skip(1), line => Assert.Contains("\tok\t", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_copy_is_named_and_the_others_are_had_back()
    {
        var (warm, cold) = await StoreAsync();
        Directory.Delete(_cimstore.Data, recursive: true);
        Flip(Path.Combine(_cimstore.Folder, "cold"), Cold);

        var rebuilt = await RunAsync("rebuild", "--from", "all", "--json");
        var unproved = (await RunAsync("rebuild", "--from", "all", "--no-verify")).Text;

        Assert.Equal(1, rebuilt.ExitCode);
        Assert.Contains(
            $"\"cid\":\"{warm}\",\"location\":\"pool\",\"state\":\"admitted\"", rebuilt.Text,
            StringComparison.Ordinal);
        Assert.Contains(
            $"\"cid\":\"{cold}\",\"location\":\"cold\",\"state\":\"bad\"", rebuilt.Text, StringComparison.Ordinal);
        Assert.Equal(1, rebuilt.Json.GetProperty("bad").GetInt32());
        Assert.StartsWith($"{cold}\tbad\tcold\t", unproved, StringComparison.Ordinal);
        (await RunAsync("cat", cold)).Fails(3, cold);
    }

    [Fact]
    public async Task Nothing_is_made_where_no_disk_is_mounted()
    {
        await StoreAsync();
        Directory.Delete(_cimstore.Data, recursive: true);
        Directory.Delete(Path.Combine(_cimstore.Folder, "pool"), recursive: true);

        (await RunAsync("rebuild", "--from", "pool")).Fails(3, "mounted");

        Assert.False(Directory.Exists(_cimstore.Data));
        Assert.False(Directory.Exists(Path.Combine(_cimstore.Folder, "pool")));
    }

    [Fact]
    public async Task What_cannot_be_rebuilt_from_is_said_before_anything_is_made()
    {
        (await RunAsync("rebuild", "--from", "hot")).Fails(2, "rebuild --yes");
        (await RunAsync("rebuild", "--from", "nowhere")).Fails(2, "beside the log here; there are: pool, cold, all");
        (await RunAsync("rebuild", "--no-verify", "--yes")).Fails(2, "--from");
        (await _cimstore.RunAsync("rebuild", "--from", "pool")).Fails(2, "--config");

        Assert.False(Directory.Exists(_cimstore.Data));
    }

    private static byte[] Warm { get; } = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("warm ", 400_000)));

    private static byte[] Cold { get; } = Noise();

    /// <summary>One content in the pool, and one, named by SHA-256, in the cold directory.</summary>
    private async Task<(string Warm, string Cold)> StoreAsync()
    {
        var warm = (await RunAsync("put", _cimstore.Write("warm", Warm))).Ok().Cid;
        var cold = (await RunAsync("put", "--hash", "sha2-256", _cimstore.Write("cold.bin", Cold))).Ok().Cid;
        (await RunAsync("migrate", warm, "--to", "warm")).Ok();
        (await RunAsync("migrate", cold, "--to", "cold")).Ok();
        return (warm, cold);
    }

    private Task<CliResult> RunAsync(params string[] arguments) =>
        _cimstore.RunAsync([.. arguments, "--config", _configuration]);

    private static byte[] Noise()
    {
        var bytes = new byte[5000];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private static void Flip(string directory, byte[] bytes)
    {
        foreach (var file in Directory.EnumerateFiles(directory, "*.seg", SearchOption.AllDirectories))
        {
            var held = File.ReadAllBytes(file);
            if (held.AsSpan().IndexOf(bytes) is var at and >= 0)
            {
                held[at + 100] ^= 1;
                File.WriteAllBytes(file, held);
                return;
            }
        }

        Assert.Fail("No segment has the bytes.");
    }
}
