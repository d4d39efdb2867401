using System.Text.Json;
using CimStore.Locations;
using CimStore.Testing;
using Xunit;

namespace CimStore.Tests.Locations;

/// <summary>Stripes of 4+4 that ISA-L made.</summary>
public sealed class ReedSolomonKitTests
{
    [Fact]
    public void Every_path_makes_the_parity_that_ISA_L_made()
    {
        using var kit = JsonDocument.Parse(File.ReadAllBytes(Kits.Require("reed-solomon/rs-4-4.json")));
        var cases = kit.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(6, cases.Length);
        foreach (var one in cases)
        {
            var data = Bytes(one.GetProperty("data"));
            var expected = Bytes(one.GetProperty("isal_gf_gen_cauchy1_matrix"));
            foreach (var path in ReedSolomonPaths.Available)
            {
                byte[] stripe = [.. data, .. new byte[expected.Length]];

                new ReedSolomon(4, 4, path).Encode(stripe, data.Length / 4, data.Length / 4);

                Assert.Equal(expected, stripe[data.Length..]);
            }
        }
    }

    [Fact]
    public void The_matrix_is_ISA_Ls()
    {
        using var kit = JsonDocument.Parse(File.ReadAllBytes(Kits.Require("reed-solomon/rs-4-4.json")));
        var rows = kit.RootElement.GetProperty("matrices").GetProperty("isal_gf_gen_cauchy1_matrix");
        byte[] stripe = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, .. new byte[16]];

        new ReedSolomon(4, 4).Encode(stripe, 4, 4);

        Assert.Equal(
            rows.EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(factor => factor.GetByte()),
            stripe[16..]);
    }

    private static byte[] Bytes(JsonElement shards) =>
        [.. shards.EnumerateArray().SelectMany(shard => Convert.FromHexString(shard.GetString()!))];
}
