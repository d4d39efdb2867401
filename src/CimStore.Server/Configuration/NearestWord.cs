namespace CimStore.Server.Configuration;

/// <summary>What a misspelt word was meant to be.</summary>
internal static class NearestWord
{
    /// <returns>The nearest of the words, when it is so near that it may have been meant.</returns>
    public static string? Of(string word, IEnumerable<string> known)
    {
        var nearest = known
            .Select(candidate => (candidate, distance: Distance(word, candidate)))
            .OrderBy(pair => pair.distance)
            .FirstOrDefault();
        return nearest.candidate is { } found
            && nearest.distance <= Math.Max(1, Math.Min(word.Length, found.Length) / 3)
                ? found
                : null;
    }

    /// <summary>For the end of an error: what is allowed, and what was meant.</summary>
    public static string Allowed(string word, IReadOnlyCollection<string> known) =>
        $"Allowed: {string.Join(", ", known)}." + (Of(word, known) is { } near ? $" Did you mean \"{near}\"?" : "");

    /// <summary>Letters added, dropped, changed or swapped with their neighbour, whatever their case.</summary>
    private static int Distance(string left, string right)
    {
        var (a, b) = (left.ToUpperInvariant(), right.ToUpperInvariant());
        if (Math.Abs(a.Length - b.Length) > b.Length)
        {
            return int.MaxValue;
        }

        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                cost[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(cost[i - 1, j] + 1, cost[i, j - 1] + 1),
                    cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
